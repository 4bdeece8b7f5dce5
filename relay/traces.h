#ifndef SLUICE_RELAY_TRACES_H_
#define SLUICE_RELAY_TRACES_H_

// Traces: sets the trap for sessions of all shards, points at a live one, and reads what they did
// (trace.h). One trap at a time: another one replaces it, and what it had caught is forgotten. For
// a thread that may wait, not a shard's; calls take turns. It goes after the shards have stopped,
// or after Disarm.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "relay/live_sessions.h"
#include "relay/log/session_filter.h"
#include "relay/trace.h"

namespace sluice {

class Traces {
 public:
  // One session with its steps.
  struct Trace {
    uint16_t shard = 0;
    TracedSession session;
    std::vector<TraceStep> steps;
  };
  struct State {
    bool armed = false;
    int left = 0;
    uint64_t missed = 0;
    std::vector<Trace> caught;  // without steps
  };

  explicit Traces(const std::vector<std::unique_ptr<Shard>>& shards) : shards_(shards) {}

  // The next `sessions`, at most kTracedSessionsMax.
  void Arm(SessionFilter filter, int sessions);
  // Forgets all.
  void Disarm();
  // A live session, from now on. False where it is gone, or every place is taken.
  bool Point(const LiveSessions::Name& name);

  State Look() const;
  // Nothing where it is none of those that were caught.
  std::optional<Trace> Read(uint16_t shard, uint64_t session) const;

 private:
  using Desks = std::vector<std::unique_ptr<TraceDesk>>;

  void Replace(std::shared_ptr<TraceTrap> trap);

  const std::vector<std::unique_ptr<Shard>>& shards_;
  mutable std::mutex turn_;
  std::shared_ptr<TraceTrap> trap_;
  Desks desks_;  // one per shard; none where nothing is traced
};

}  // namespace sluice

#endif  // SLUICE_RELAY_TRACES_H_
