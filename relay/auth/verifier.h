#ifndef SLUICE_RELAY_AUTH_VERIFIER_H_
#define SLUICE_RELAY_AUTH_VERIFIER_H_

// Verifier: says whether credentials are good. From its cache; or by asking the Authenticator, once
// for all who present the same credentials meanwhile; or not at all where the source has failed too
// often. Failures are noted here. No sockets, no sessions: who waits is told.
// One thread, the shard's; allocates nothing after its start.

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "core/counters.h"
#include "core/intrusive_list.h"
#include "core/loop.h"
#include "core/slab.h"
#include "policy/snapshot.h"
#include "relay/auth/auth_throttle.h"
#include "relay/auth/authenticator.h"
#include "relay/auth/credential_cache.h"

namespace sluice {

class Verifier final : private Authenticator::Receiver {
 public:
  // Leaves when it is destroyed or unlinked; the check itself goes on, because an answer that comes
  // after all is worth keeping.
  class Waiter : public ListNode {
   public:
    // The answer is to be held back for `delay`.
    virtual void OnVerified(AuthVerdict verdict, absl::Duration delay) = 0;

   protected:
    ~Waiter() = default;

   private:
    friend class Verifier;
    Address client_;
  };

  // All outlive it.
  Verifier(Loop& loop, Authenticator& authenticator, AuthThrottle& throttle, Counters& counters,
           const CredentialCache::Key& key);
  ~Verifier();

  // The source has failed too often: nothing it presents is looked at.
  bool Refuses(const Address& client, const Snapshot& snapshot) {
    return throttle_.StandingOf(client, AuthThrottle::Terms(snapshot.auth()), loop_.now()).refused;
  }
  // For who finds out elsewhere that it is not who it says.
  void NoteFailure(const Address& client, const Snapshot& snapshot) {
    throttle_.NoteFailure(client, AuthThrottle::Terms(snapshot.auth()), loop_.now());
  }
  // A verdict at once, or later through `waiter`. `snapshot`: of this turn.
  std::optional<AuthVerdict> Verify(const Credentials& credentials, const Address& client,
                                    const Snapshot& snapshot, Waiter& waiter);

 private:
  // One in the Authenticator's hands, by the policy in force when it was asked.
  struct Question : public ListNode {
    Question(const CredentialCache::Digest& d, const Address& c, const Snapshot& snapshot)
        : digest(d),
          client(c),
          generation(snapshot.generation()),
          remembered(snapshot.auth().cache),
          terms(snapshot.auth()) {}
    const CredentialCache::Digest digest;
    const Address client;  // the first who asked
    const uint64_t generation;
    const absl::Duration remembered;
    const AuthThrottle::Terms terms;
    IntrusiveList<Waiter> waiters;
  };

  Question* FindQuestion(const CredentialCache::Digest& digest, uint64_t generation,
                         const Address& client, int* of_client);
  bool Ask(const Credentials& credentials, const Snapshot& snapshot, const Question& question);
  void OnVerdict(uint32_t ticket, AuthVerdict verdict) override;

  Loop& loop_;
  Authenticator& authenticator_;
  AuthThrottle& throttle_;
  Counters& counters_;
  CredentialCache cache_;
  Slab<Question> questions_;
  IntrusiveList<Question> asked_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_VERIFIER_H_
