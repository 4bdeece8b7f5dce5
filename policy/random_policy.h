#ifndef SLUICE_POLICY_RANDOM_POLICY_H_
#define SLUICE_POLICY_RANDOM_POLICY_H_

// Random policies and requests for tests, from small pools of addresses and names, so that rules
// overlap and requests match. Each is a function of the generator's seed. Test only, one thread.

#include <string>
#include <vector>

#include "core/prng.h"
#include "policy/config.h"
#include "policy/decision.h"

namespace sluice {

class RandomPolicy {
 public:
  explicit RandomPolicy(uint64_t seed);

  const Config& config() const { return config_; }
  // Some rules expire before it.
  absl::Time now() const { return absl::UnixEpoch() + absl::Hours(1); }

  // `name` holds the text that the request points to.
  PolicyRequest NextRequest(std::string* name);

  // From the same pools.
  static Address RandomAddress(Prng& prng);
  static AddressRange RandomRange(Prng& prng);
  static std::string RandomName(Prng& prng);
  // Names nobody else; fills the user and what stands behind it.
  static void RandomUser(Prng& prng, PolicyRequest* request);

 private:
  RuleEnd RandomEnd(bool is_destination);
  std::vector<PortRange> RandomPorts();
  uint16_t RandomPort();
  EntryList RandomList();
  std::vector<std::string> RandomUsers();
  RuleUsers RandomRuleUsers();

  Prng prng_;
  Config config_;
};

// For failures: what was asked.
std::string Describe(const PolicyRequest& request);

}  // namespace sluice

#endif  // SLUICE_POLICY_RANDOM_POLICY_H_
