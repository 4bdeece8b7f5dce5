#ifndef SLUICE_RELAY_AUTH_VERIFIER_H_
#define SLUICE_RELAY_AUTH_VERIFIER_H_

// Verifier: says whether credentials are good. From its cache; or by asking the Authenticator, once
// for all who present the same credentials meanwhile; or not at all where the source has failed too
// often. The Authenticator takes few questions at a time: the others wait here, in turns
// (CheckLine), for as long as somebody waits for them. Nobody is turned away because many wait.
// Failures are noted here. No sockets, no sessions: who waits is told.
// One thread, the shard's; allocates nothing after its start.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "core/counters.h"
#include "core/intrusive_list.h"
#include "core/loop.h"
#include "core/slab.h"
#include "policy/snapshot.h"
#include "relay/auth/auth_throttle.h"
#include "relay/auth/authenticator.h"
#include "relay/auth/check_line.h"
#include "relay/auth/credential_cache.h"
#include "relay/current_policy.h"

namespace sluice {

class Verifier final : private Authenticator::Receiver {
  struct Question;

 public:
  class Waiter : public ListNode {
   public:
    // The answer is to be held back for `delay`.
    virtual void OnVerified(AuthVerdict verdict, absl::Duration delay) = 0;
    // What it presents. Looked at again when its turn comes, so that no password lies here.
    virtual Credentials credentials() const = 0;

   protected:
    ~Waiter() = default;

   private:
    friend class Verifier;
    Address client_;
    Question* question_ = nullptr;
  };

  // All outlive it. At most `waiters_max` wait at a time.
  Verifier(Loop& loop, Authenticator& authenticator, AuthThrottle& throttle, Counters& counters,
           CurrentPolicy& policy, const CredentialCache::Key& key, size_t waiters_max);
  ~Verifier();

  // The source has failed too often: nothing it presents is looked at.
  bool Refuses(const Address& client) {
    return throttle_.StandingOf(client, TermsNow(), loop_.now()).refused;
  }
  // For who finds out elsewhere that it is not who it says.
  void NoteFailure(const Address& client) {
    throttle_.NoteFailure(client, TermsNow(), loop_.now());
  }

  // A verdict at once, or later through `waiter`, which calls Forget before it ends.
  std::optional<AuthVerdict> Verify(const Address& client, Waiter& waiter);
  // It is told nothing any more. What nobody waits for is not checked, unless that has begun: an
  // answer that comes after all is worth keeping.
  void Forget(Waiter& waiter);
  // Its turn has not come.
  bool InLine(const Waiter& waiter) const;

 private:
  struct ByDigest : public ListNode {};
  // Some credentials that somebody waits to have checked.
  struct Question final : public CheckLine::Place, public ByDigest {
    explicit Question(const CredentialCache::Digest& d) : digest(d) {}

    const CredentialCache::Digest digest;
    AuthBackEnd back_end = AuthBackEnd::kHash;
    CheckLine::Rank rank = CheckLine::Rank::kNew;
    bool asked = false;  // it is in the Authenticator's hands, not in line
    IntrusiveList<Waiter> waiters;
    // By the policy in force when it was asked.
    Address client;  // the first of those who waited
    uint64_t generation = 0;
    absl::Duration remembered;
    AuthThrottle::Terms terms;
  };
  // Those of one back end.
  struct Waiting {
    CheckLine line;
    size_t questions = 0;
  };

  AuthThrottle::Terms TermsNow() { return AuthThrottle::Terms(policy_.snapshot().auth()); }
  IntrusiveList<ByDigest>& Bucket(const CredentialCache::Digest& digest);
  Question* Find(const CredentialCache::Digest& digest, uint64_t generation);
  Waiting& WaitingFor(AuthBackEnd back_end) { return waiting_[static_cast<size_t>(back_end)]; }
  CheckLine::Rank RankOf(const Address& client, const Credentials& credentials,
                         const CredentialCache::Digest& digest);
  void Join(Question& question, const Address& client);
  void Leave(Question& question);
  void AskNext();
  bool Ask(Question& question);
  void TellWhoIsRefused(Question& question);
  void OnVerdict(uint32_t ticket, AuthVerdict verdict) override;
  void Tell(Question& question, AuthVerdict verdict);

  Loop& loop_;
  Authenticator& authenticator_;
  AuthThrottle& throttle_;
  Counters& counters_;
  CurrentPolicy& policy_;
  CredentialCache cache_;
  Slab<Question> questions_;
  std::vector<IntrusiveList<ByDigest>> buckets_;
  std::array<Waiting, kAuthBackEnds> waiting_;
  IntrusiveList<CheckLine::Place> asked_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_VERIFIER_H_
