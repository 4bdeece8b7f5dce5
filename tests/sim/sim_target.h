#ifndef SLUICE_TESTS_SIM_SIM_TARGET_H_
#define SLUICE_TESTS_SIM_SIM_TARGET_H_

// SimTarget: what one client asks for: listeners on some hosts at a port of its own, and a SimPeer
// for every connection that reaches them. One thread; lives to the end of the world.

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/sim_peer.h"

namespace sluice {

class SimTarget final : private SimListener::Watcher {
 public:
  // `accept_after`: how long a connection waits; InfiniteDuration: for ever.
  SimTarget(SimNetwork& network, std::string name, const SimHabits& habits,
            absl::Duration accept_after, uint64_t sends, uint64_t expects);

  void ListenAt(SimHost& host, const Endpoint& at);

  const std::vector<std::unique_ptr<SimPeer>>& connections() const { return connections_; }
  // The connection that came from `egress`; nullptr where none did.
  SimPeer* ConnectionFrom(const Endpoint& egress) const;

 private:
  void OnListenerChange(SimListener& listener) override;

  SimNetwork& network_;
  const std::string name_;
  const SimHabits habits_;
  const absl::Duration accept_after_;
  const uint64_t sends_;
  const uint64_t expects_;
  std::vector<std::unique_ptr<SimPeer>> connections_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_TARGET_H_
