#ifndef SLUICE_TOOLS_ADMIN_PULSE_H_
#define SLUICE_TOOLS_ADMIN_PULSE_H_

// Pulse: looks at the gateway's counters each second, and says what has become of them: as an
// event, where somebody listens, and every ten seconds as a point of the history. Reads what shards
// write anyway; never asks or holds up one. One thread.

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "core/counters.h"
#include "core/histogram.h"
#include "tools/admin/administered.h"
#include "tools/admin/history.h"
#include "tools/admin/json.h"
#include "tools/admin/shard_clocks.h"

namespace sluice {

class Pulse {
 public:
  explicit Pulse(Administered& gateway)
      : gateway_(gateway), generation_said_(gateway.config()->generation) {}

  // Each second or so; what is said is per second of the time that went by.
  void Beat(absl::Time now);

 private:
  // What a stretch of time began with.
  struct Look {
    absl::Time at;
    Counters::Totals totals;
    Histogram::Counts setups;
  };
  static HistoryPoint Between(const Look& from, const Look& to);
  void SayStatus(const Look& look, const HistoryPoint& second, absl::Duration passed);
  void SayConfig();

  Administered& gateway_;
  ShardClocks clocks_;
  std::optional<Look> second_;   // the last beat
  std::optional<Look> step_;     // the last point of the history
  std::optional<Look> earlier_;  // the one before
  uint64_t sessions_said_ = UINT64_MAX;
  uint64_t generation_said_;
};

// As events and the history say them.
Json PointJson(const HistoryPoint& point);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_PULSE_H_
