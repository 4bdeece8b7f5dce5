#ifndef SLUICE_TESTS_SIM_SIM_AUTHENTICATOR_H_
#define SLUICE_TESTS_SIM_SIM_AUTHENTICATOR_H_

// SimAuthenticator: who knows passwords in a simulated world. One SimUsers holds them all, and how
// long a check of each takes; each shard asks through a SimAuthenticator of its own, which answers
// inside a turn of the shard's kernel, as AuthWorkers' desk does. One thread.

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "relay/auth/authenticator.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {

struct SimUsers {
  struct User {
    std::string password;
    absl::Duration answered_after = absl::Milliseconds(20);
    // another: what a check ends in, whatever the password
    AuthVerdict broken = AuthVerdict::kAccepted;
  };
  std::map<std::string, User, std::less<>> users;
  size_t questions_max = 6;  // at a time, of one shard and back end; more are not taken
};

class SimAuthenticator final : public Authenticator {
 public:
  // All outlive it.
  SimAuthenticator(SimNetwork& network, SimKernel& kernel, const SimUsers& users)
      : network_(network), kernel_(kernel), users_(users) {}

  bool HasRoom(AuthBackEnd back_end) const override {
    return questions_[static_cast<size_t>(back_end)] < users_.questions_max;
  }
  bool Start(const AuthQuestion& question, uint32_t ticket, Receiver& receiver) override;
  void Forget(uint32_t) override {}  // the checks here begin at once
  void Deliver() override {}

 private:
  SimNetwork& network_;
  SimKernel& kernel_;
  const SimUsers& users_;
  std::array<size_t, kAuthBackEnds> questions_ = {};
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_AUTHENTICATOR_H_
