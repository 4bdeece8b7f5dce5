#ifndef SLUICE_TESTS_SIM_SIM_LOOKUP_H_
#define SLUICE_TESTS_SIM_SIM_LOOKUP_H_

// SimLookup: the domain name system of a simulated world. One SimZone holds what all names are;
// each shard asks through a SimLookup of its own, which answers inside a turn of the shard's
// kernel, as c-ares does. One thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "relay/names/name_lookup.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {

struct SimName {
  NameAnswer::Status status = NameAnswer::Status::kFound;
  std::vector<Address> addresses;
  absl::Duration answered_after;  // zero: from within the call
  absl::Duration ttl = absl::Minutes(1);
};

// By name in lower case without trailing dot. What is not in it does not exist.
using SimZone = std::map<std::string, SimName, std::less<>>;

class SimLookup final : public NameLookup {
 public:
  // All outlive it.
  SimLookup(SimNetwork& network, SimKernel& kernel, const SimZone& zone)
      : network_(network), kernel_(kernel), zone_(zone) {}

  void Start(std::string_view name, Receiver& receiver) override;

 private:
  SimNetwork& network_;
  SimKernel& kernel_;
  const SimZone& zone_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_LOOKUP_H_
