#ifndef SLUICE_RELAY_AUTH_AUTH_WORKERS_H_
#define SLUICE_RELAY_AUTH_AUTH_WORKERS_H_

// AuthWorkers: the real Authenticator: threads off the shards that hash with crypt(3) and ask PAM.
// Each shard asks through a desk of its own, and is woken when an answer lies there. The two back
// ends have a crew each, so that a directory that hangs stops no hashing. A desk has room for as
// many questions as a crew has threads and one more, so that no thread is idle and the order stays
// the shard's to decide; and no shard's questions keep another's waiting for longer than that.
//
// It outlives the gateway; its desks' kernels outlive it.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/kernel.h"
#include "core/limits.h"
#include "relay/auth/authenticator.h"

namespace sluice {

class AuthCrew;

class AuthWorkers {
 public:
  struct Options {
    int threads = limits::kAuthThreads;  // of each back end
    std::string pam_folder;              // of service files; empty: the system's. For tests
    AuthThrottle* throttle = nullptr;    // whom not to check; nullptr: everybody is checked
  };

  explicit AuthWorkers(const Options& options);
  // Waits for the checks under way, but not for those of PAM that hang; what waits in line is not
  // checked.
  ~AuthWorkers();
  AuthWorkers(const AuthWorkers&) = delete;
  AuthWorkers& operator=(const AuthWorkers&) = delete;

  // Whether all threads could be started.
  absl::Status status() const;

  // The desk of the shard that stands on `kernel`; lives as long as this. All of them are opened
  // before the first question.
  Authenticator& OpenDesk(Kernel& kernel);

 private:
  class Desk;

  const size_t room_;  // of a desk, for each back end
  std::vector<std::unique_ptr<Desk>> desks_;
  std::unique_ptr<AuthCrew> hashing_;
  std::unique_ptr<AuthCrew> pam_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_AUTH_WORKERS_H_
