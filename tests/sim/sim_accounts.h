#ifndef SLUICE_TESTS_SIM_SIM_ACCOUNTS_H_
#define SLUICE_TESTS_SIM_SIM_ACCOUNTS_H_

// The users of gateway simulations, and how a client's plan goes about being one of them. Values
// only.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/dice.h"
#include "tests/sim/sim_authenticator.h"

namespace sluice {

// What becomes of a plan's credentials where nothing keeps them from being checked.
enum class SimClaim : uint8_t {
  kGood,
  kNobody,  // it has none, and is served as one who has not said who it is
  kWrong,   // the password, or the user
  kBroken,  // the check itself fails
  kLate,    // it takes longer than any client may wait
};

struct SimCredentials {
  SimClaim claim = SimClaim::kGood;
  std::string user;
  std::string password;
};

// Everybody's password and how long its check takes; the same in every world.
SimUsers SimAccounts();
// `nobody_served`: whoever has no password may say so.
SimCredentials PickCredentials(Dice& dice, bool nobody_served);

// METHODs that a simulated gateway serves, the preferred one first.
std::vector<uint8_t> PickMethods(Dice& dice);

// The METHOD that a gateway with `served` chooses from `offered`.
uint8_t ChosenMethod(const std::vector<uint8_t>& served, const std::vector<uint8_t>& offered);

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_ACCOUNTS_H_
