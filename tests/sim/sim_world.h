#ifndef SLUICE_TESTS_SIM_SIM_WORLD_H_
#define SLUICE_TESTS_SIM_SIM_WORLD_H_

// SimWorld: the map on which gateway simulations play: who lives at which address, what names lead
// where, which addresses nobody answers at, and random policies about all of these. One thread.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/sim_lookup.h"
#include "tests/sim/sim_network.h"
#include "tests/sim/sim_policy.h"

namespace sluice {

// What becomes of a connection to an address, apart from the port.
enum class SimFate : uint8_t { kHost, kHostUnreachable, kNetworkUnreachable, kSilent };

class SimWorld {
 public:
  static constexpr uint16_t kServicePort = 1080;

  explicit SimWorld(SimNetwork& network);

  SimHost& gateway() { return *gateway_; }
  std::vector<SimHost*>& clients() { return clients_; }
  // Hosts with listeners: the targets, the metadata service, and the gateway's own machine.
  std::vector<SimHost*>& targets() { return targets_; }
  SimHost& metadata() { return *metadata_; }
  const SimZone& zone() const { return zone_; }

  const Address& gateway_address(bool v4) const { return gateway_->addresses()[v4 ? 0 : 1]; }
  // One of each family that the gateway's host has at times, and nobody else ever.
  const std::vector<Address>& wanderers() const { return wanderers_; }
  // It comes, or goes again.
  void Wander(const Address& address);
  SimFate FateOf(const Address& address) const;
  // The host that answers at `address` when the gateway asks; nullptr where none does.
  SimHost* HostAt(const Address& address);

  Address PickDestination(bool v4);
  // A name to ask for, perhaps in capitals or with a trailing dot.
  std::string PickName();
  static std::string Canonical(std::string name);

  SimPolicy PickPolicy();

 private:
  void FillZone();
  SimEntry PickEntry(bool destination);

  Dice& dice_;
  SimHost* gateway_;
  SimHost* metadata_;
  const std::vector<Address> wanderers_;
  std::vector<SimHost*> clients_;
  std::vector<SimHost*> targets_;
  // host unreachable, network unreachable and silent, of both families
  std::vector<Address> nobody_;
  SimZone zone_;
  std::vector<std::string> names_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_WORLD_H_
