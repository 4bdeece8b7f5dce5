#ifndef SLUICE_RELAY_AUTH_AUTH_CREW_H_
#define SLUICE_RELAY_AUTH_AUTH_CREW_H_

// AuthCrew: threads of one back end, and the short line of questions that they take in order. Whose
// question comes into that line next is decided on the shards (Verifier).
//
// Where the back end may hang (PAM's modules wait for whom they like), each check has a deadline.
// At that it is answered for as broken, its thread is left behind, and another one takes its place:
// at most limits::kAuthThreadsLeftBehind of them. A thread that comes back after all finds that it
// is not needed and ends; one that never does lives as long as the process.
//
// Nothing is allocated per question; passwords are wiped as soon as they are checked. Put and
// Forget: any thread.

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "core/limits.h"
#include "core/wipe.h"
#include "relay/auth/authenticator.h"
#include "relay/auth/password_hash.h"

namespace sluice {

// Bytes by value in a job.
template <size_t kBytesMax>
class JobBytes {
 public:
  // False where they do not fit.
  bool Set(std::string_view bytes) {
    if (bytes.size() > kBytesMax) return false;
    size_ = bytes.size();
    std::memcpy(bytes_.data(), bytes.data(), size_);
    return true;
  }
  void Erase() {
    Wipe(bytes_.data(), size_);
    size_ = 0;
  }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  size_t size_ = 0;
  std::array<char, kBytesMax> bytes_ = {};
};

// Whoever put a job into the line. Called by a thread of the crew, once for each job.
class AuthAsker {
 public:
  virtual void OnChecked(uint32_t ticket, AuthVerdict verdict) = 0;

 protected:
  ~AuthAsker() = default;
};

struct AuthJob {
  // False where something of the question does not fit.
  bool Set(const AuthQuestion& question);

  JobBytes<limits::kUserNameBytesMax> user;
  JobBytes<limits::kPasswordBytesMax> password;
  JobBytes<limits::kPasswordHashBytesMax> hash;
  JobBytes<limits::kPamServiceBytesMax> service;
  bool decoy = false;
  Address client;
  AuthThrottle::Terms terms;
  absl::Time asked_at;
  absl::Duration patience;
  AuthAsker* asker = nullptr;
  uint32_t ticket = 0;
  bool wanted = true;  // somebody waits for it
};

class AuthCrew {
 public:
  using Work = AuthVerdict (*)(const AuthJob& job, PasswordCheck& check,
                               const std::string& pam_folder);
  struct Options {
    const char* name = "";
    Work work = nullptr;
    int threads = 1;
    bool may_hang = false;
    std::string pam_folder;
    AuthThrottle* throttle = nullptr;  // whom not to check; nullptr: everybody is checked
  };

  explicit AuthCrew(const Options& options);
  // Waits for the checks under way, but not for those that hang; what waits in line is not checked.
  ~AuthCrew();
  AuthCrew(const AuthCrew&) = delete;
  AuthCrew& operator=(const AuthCrew&) = delete;

  // Whether all threads could be started.
  const absl::Status& status() const { return status_; }
  // There will be so many more in line at a time; before the first is put.
  void MakeRoom(size_t jobs);
  // False where it does not fit.
  bool Put(const AuthQuestion& question, uint32_t ticket, AuthAsker& asker);
  // Not checked any more where that has not begun; OnChecked is called all the same.
  void Forget(uint32_t ticket, const AuthAsker& asker);

 private:
  struct Member;
  struct State;

  static absl::Status Hire(const std::shared_ptr<State>& state);
  static void Run(const std::shared_ptr<State>& state, Member& member);
  static AuthVerdict Check(const State& state, const AuthJob& job, PasswordCheck& check);
  static void Watch(const std::shared_ptr<State>& state);
  static void LeaveBehind(State& state, Member& member, std::unique_lock<std::mutex>& lock);

  // Outlives the crew where a thread of it hangs.
  const std::shared_ptr<State> state_;
  absl::Status status_;
  std::thread watch_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_AUTH_CREW_H_
