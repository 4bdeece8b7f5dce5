#ifndef SLUICE_RELAY_AUTH_AUTH_WORKERS_H_
#define SLUICE_RELAY_AUTH_AUTH_WORKERS_H_

// AuthWorkers: the real Authenticator: threads off the shards that hash with crypt(3) and ask PAM.
// Each shard asks through a desk of its own, and is woken when an answer lies there. The two back
// ends have threads and a queue each, so that a directory that hangs stops no hashing. A full queue
// takes no more. Nothing is allocated per question; passwords are wiped as soon as they are
// checked.
//
// It outlives the gateway; its desks' kernels outlive it.

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "core/kernel.h"
#include "core/limits.h"
#include "relay/auth/authenticator.h"

namespace sluice {

class AuthWorkers {
 public:
  struct Options {
    int threads = limits::kAuthThreads;        // of each kind
    size_t queue_max = limits::kAuthQueueMax;  // of each kind
    std::string pam_folder;                    // of service files; empty: the system's. For tests
    AuthThrottle* throttle = nullptr;          // whom not to check; nullptr: everybody is checked
  };

  explicit AuthWorkers(const Options& options);
  // Waits for the checks under way; what waits in line is not checked.
  ~AuthWorkers();
  AuthWorkers(const AuthWorkers&) = delete;
  AuthWorkers& operator=(const AuthWorkers&) = delete;

  // Whether all threads could be started.
  absl::Status status() const;

  // The desk of the shard that stands on `kernel`; lives as long as this.
  Authenticator& OpenDesk(Kernel& kernel);

 private:
  struct Job;
  class Desk;
  class Crew;

  std::vector<std::unique_ptr<Desk>> desks_;
  std::unique_ptr<Crew> hashing_;
  std::unique_ptr<Crew> pam_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_AUTH_WORKERS_H_
