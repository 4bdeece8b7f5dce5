#ifndef SLUICE_TESTS_SIM_SIM_LOOKUP_H_
#define SLUICE_TESTS_SIM_SIM_LOOKUP_H_

// SimLookup: the domain name system of a simulated world. One SimZone holds what all names are, and
// SimNameServers what the servers are that know it; each shard asks through a SimLookup of its own,
// which answers inside a turn of the shard's kernel, as c-ares does. One thread.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "relay/names/name_lookup.h"
#include "relay/names/resolver.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {

struct SimName {
  NameAnswer::Status status = NameAnswer::Status::kFound;
  std::vector<Address> addresses = {};
  absl::Duration answered_after = {};  // zero: from within the call
  absl::Duration ttl = absl::Minutes(1);
  // On top of answered_after; InfiniteDuration: never.
  absl::Duration v4_later = {};
  absl::Duration v6_later = {};

  absl::Duration later(bool v4) const { return v4 ? v4_later : v6_later; }
  // The addresses that a server ever tells.
  std::vector<Address> told() const {
    std::vector<Address> told = addresses;
    std::erase_if(told, [this](const Address& address) {
      return later(address.is_v4()) == absl::InfiniteDuration();
    });
    return told;
  }
  bool half_silent() const { return std::max(v4_later, v6_later) == absl::InfiniteDuration(); }
};

// By name in lower case without trailing dot. What is not in it does not exist.
using SimZone = std::map<std::string, SimName, std::less<>>;

// The name servers that a simulated gateway is told of, and how each behaves.
class SimNameServers {
 public:
  enum class Mood : uint8_t { kAnswers, kSilent, kBroken };  // broken: says that it fails

  SimNameServers() { Name({At(0)}); }

  // The address of one of any number of servers.
  static Address At(int index) {
    return Address::FromV4({10, 53, 0, static_cast<uint8_t>(1 + index)});
  }
  void SetMood(const Address& server, Mood mood) { moods_[server] = mood; }
  Mood MoodOf(const Address& server) const {
    const auto found = moods_.find(server);
    return found != moods_.end() ? found->second : Mood::kAnswers;
  }

  // Other servers, or another hosts file: what lookups take from then on.
  void Name(const std::vector<Address>& servers);
  void SetHosts(std::string_view text);
  const NameSources& sources() const { return sources_; }

 private:
  std::map<Address, Mood> moods_;
  NameSources sources_{nullptr, std::make_shared<const HostsTable>()};
};

class SimLookup final : public NameLookup {
 public:
  // All outlive it.
  SimLookup(SimNetwork& network, SimKernel& kernel, const SimZone& zone,
            const SimNameServers& servers)
      : network_(network), kernel_(kernel), zone_(zone), servers_(servers) {}

  void Ask(size_t server, std::string_view name, AddressFamily family, uint64_t ticket,
           Receiver& receiver) override;
  std::optional<NameSources> TakeSources() override;

 private:
  SimNetwork& network_;
  SimKernel& kernel_;
  const SimZone& zone_;
  const SimNameServers& servers_;
  NameSources taken_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_LOOKUP_H_
