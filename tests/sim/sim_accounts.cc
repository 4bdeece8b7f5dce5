#include "tests/sim/sim_accounts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "proto/socks5.h"

namespace sluice {

SimUsers SimAccounts() {
  SimUsers known;
  known.users["alice"] = {"secret", absl::Milliseconds(20)};
  known.users[std::string(255, 'u')] = {std::string(255, 'p'), absl::Milliseconds(1)};
  known.users["slow"] = {"secret", absl::Seconds(2)};
  known.users["broken"] = {"secret", absl::Milliseconds(50), AuthVerdict::kBroken};
  known.users["late"] = {"secret", absl::Minutes(2)};
  return known;
}

SimCredentials PickCredentials(Dice& dice, bool nobody_served) {
  if (nobody_served && dice.Chance(0.3)) {
    return {SimClaim::kNobody, dice.Chance(0.5) ? "alice" : "", ""};
  }
  const uint64_t roll = dice.Between(1, 100);
  if (roll <= 45) return {SimClaim::kGood, "alice", "secret"};
  if (roll <= 55) return {SimClaim::kGood, std::string(255, 'u'), std::string(255, 'p')};
  if (roll <= 65) return {SimClaim::kGood, "slow", "secret"};
  if (roll <= 80) return {SimClaim::kWrong, "alice", absl::StrCat("guess ", dice.Between(1, 1000))};
  if (roll <= 85) return {SimClaim::kWrong, "mallory", "secret"};
  if (roll <= 90) return {SimClaim::kWrong, std::string(255, 'u'), std::string(254, 'p')};
  if (roll <= 95) return {SimClaim::kBroken, "broken", "secret"};
  return {SimClaim::kLate, "late", "secret"};
}

std::vector<uint8_t> PickMethods(Dice& dice) {
  switch (dice.Between(0, 5)) {
    case 0: return {kMethodPassword};
    case 1: return {kMethodNone, kMethodPassword};
    case 2:
    case 3: return {kMethodPassword, kMethodNone};
    default: return {kMethodNone};
  }
}

uint8_t ChosenMethod(const std::vector<uint8_t>& served, const std::vector<uint8_t>& offered) {
  const auto found =
      std::find_first_of(served.begin(), served.end(), offered.begin(), offered.end());
  if (found == served.end()) return kMethodNoneAcceptable;
  // Who offers both may have a password.
  const auto has = [](const std::vector<uint8_t>& methods) {
    return std::find(methods.begin(), methods.end(), kMethodPassword) != methods.end();
  };
  return *found == kMethodNone && has(served) && has(offered) ? kMethodPassword : *found;
}

}  // namespace sluice
