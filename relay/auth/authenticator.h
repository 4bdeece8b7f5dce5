#ifndef SLUICE_RELAY_AUTH_AUTHENTICATOR_H_
#define SLUICE_RELAY_AUTH_AUTHENTICATOR_H_

// Authenticator: the door to those who know passwords (crypt(3), PAM), which take long and may
// block. Two implementations: AuthWorkers' desk of a shard (threads of its own) and the
// simulator's. It takes few questions at a time. No cache, no throttle, no turns: that is the
// Verifier's.
// Thread: the shard's. Passwords pass through it and are wiped behind it.

#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "core/address.h"
#include "proto/socks5_auth.h"
#include "relay/auth/auth_throttle.h"

namespace sluice {

// Who knows passwords.
enum class AuthBackEnd : uint8_t { kHash, kPam };
inline constexpr size_t kAuthBackEnds = 2;

enum class AuthVerdict : uint8_t {
  kAccepted,
  kRejected,   // no such user, or another password
  kThrottled,  // not checked: the source has failed too often
  kBusy,       // not checked: it was not its turn in time
  kBroken,     // not checked: the back end failed. Never taken for a yes
};

// The words of the log's `auth_failed`.
constexpr std::string_view ToString(AuthVerdict verdict) {
  switch (verdict) {
    case AuthVerdict::kAccepted: return "";
    case AuthVerdict::kRejected: return "credentials";
    case AuthVerdict::kThrottled: return "throttled";
    case AuthVerdict::kBusy: return "busy";
    case AuthVerdict::kBroken: return "backend";
  }
  return "?";
}

struct AuthQuestion {
  Credentials credentials;
  // What crypt(3) must give for the password. Empty: PAM is asked.
  std::string_view password_hash;
  // There is no such user: the hash is somebody else's, and made only so that the answer takes as
  // long as if there were.
  bool decoy = false;
  std::string_view pam_service;
  absl::Duration patience;  // with PAM: then it is broken
  Address client;
  // By which its source may meanwhile have failed too often: then it is not checked.
  AuthThrottle::Terms terms;
  absl::Time asked_at;

  AuthBackEnd back_end() const {
    return password_hash.empty() ? AuthBackEnd::kPam : AuthBackEnd::kHash;
  }
};

class Authenticator {
 public:
  // Told exactly once per question that was taken, unless the Authenticator or the Receiver is
  // destroyed first.
  class Receiver {
   public:
    virtual void OnVerdict(uint32_t ticket, AuthVerdict verdict) = 0;

   protected:
    ~Receiver() = default;
  };

  virtual ~Authenticator() = default;
  // One more question would be taken. Room comes back with verdicts.
  virtual bool HasRoom(AuthBackEnd back_end) const = 0;
  // `question` is copied; `ticket` is the asker's own name for it. Answers in a later turn of the
  // shard; always to the same receiver. False: it cannot be taken.
  virtual bool Start(const AuthQuestion& question, uint32_t ticket, Receiver& receiver) = 0;
  // Nobody waits for this one: where its check has not begun it is kBusy.
  virtual void Forget(uint32_t ticket) = 0;
  // Hands out the verdicts that have come meanwhile. The shard calls it when its kernel was woken.
  virtual void Deliver() = 0;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_AUTHENTICATOR_H_
