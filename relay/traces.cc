#include "relay/traces.h"

#include <utility>

namespace sluice {

// The desks from before are freed here, after every shard has said that it has left them.
void Traces::Replace(std::shared_ptr<TraceTrap> trap) {
  Desks desks;
  if (trap != nullptr) {
    for (size_t i = 0; i < shards_.size(); ++i) desks.push_back(std::make_unique<TraceDesk>(trap));
  }
  for (size_t i = 0; i < shards_.size(); ++i)
    AskShard(*shards_[i], SessionOrder::SetTraceDesk(desks.empty() ? nullptr : desks[i].get()));
  desks_.swap(desks);
  trap_ = std::move(trap);
}

void Traces::Arm(SessionFilter filter, int sessions) {
  const std::lock_guard<std::mutex> lock(turn_);
  Replace(std::make_shared<TraceTrap>(std::move(filter), sessions));
}

void Traces::Disarm() {
  const std::lock_guard<std::mutex> lock(turn_);
  if (!desks_.empty()) Replace(nullptr);
}

bool Traces::Point(const LiveSessions::Name& name) {
  const std::lock_guard<std::mutex> lock(turn_);
  if (name.shard >= shards_.size()) return false;
  if (desks_.empty()) Replace(std::make_shared<TraceTrap>(SessionFilter(), 0));
  return AskShard(*shards_[name.shard], SessionOrder::Trace(name.place))->done;
}

Traces::State Traces::Look() const {
  const std::lock_guard<std::mutex> lock(turn_);
  State state;
  if (desks_.empty()) return state;
  state.left = std::max(0, trap_->left.load(std::memory_order_relaxed));
  state.armed = state.left > 0;
  state.missed = trap_->missed.load(std::memory_order_relaxed);
  for (size_t i = 0; i < shards_.size(); ++i) {
    const auto order = AskShard(*shards_[i], SessionOrder::ListTraces());
    for (const TracedSession& session : order->traced())
      state.caught.push_back({static_cast<uint16_t>(i), session, {}});
  }
  return state;
}

std::optional<Traces::Trace> Traces::Read(uint16_t shard, uint64_t session) const {
  const std::lock_guard<std::mutex> lock(turn_);
  if (desks_.empty() || shard >= shards_.size()) return std::nullopt;
  const auto order = AskShard(*shards_[shard], SessionOrder::ReadTrace(session));
  if (order->traced().empty()) return std::nullopt;
  const auto steps = order->steps();
  return Trace{shard, order->traced()[0], {steps.begin(), steps.end()}};
}

}  // namespace sluice
