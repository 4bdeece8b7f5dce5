#include "tests/sim/sim_target.h"

#include <utility>

namespace sluice {

SimTarget::SimTarget(SimNetwork& network, std::string name, const SimHabits& habits,
                     absl::Duration accept_after, uint64_t sends, uint64_t expects)
    : network_(network),
      name_(std::move(name)),
      habits_(habits),
      accept_after_(accept_after),
      sends_(sends),
      expects_(expects) {}

void SimTarget::ListenAt(SimHost& host, const Endpoint& at) {
  network_.Listen(host, at, 16)->set_watcher(this);
}

void SimTarget::OnListenerChange(SimListener& listener) {
  if (accept_after_ == absl::InfiniteDuration()) return;
  network_.clock().After(accept_after_, [this, &listener] {
    while (listener.has_waiting()) {
      connections_.push_back(
          std::make_unique<SimPeer>(network_, listener.Take(), name_, habits_, sends_, expects_));
      connections_.back()->Wake();
    }
  });
}

SimPeer* SimTarget::ConnectionFrom(const Endpoint& egress) const {
  for (const auto& connection : connections_) {
    if (connection->socket().remote() == egress) return connection.get();
  }
  return nullptr;
}

}  // namespace sluice
