#ifndef SLUICE_TOOLS_ADMIN_HISTORY_H_
#define SLUICE_TOOLS_ADMIN_HISTORY_H_

// History: what the gateway did in each ten seconds of the last hour, so that whoever opens the
// console sees more than the present moment. In memory alone. Any thread.

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/time/time.h"

namespace sluice {

// Of a stretch of time that ends at `at`.
struct HistoryPoint {
  absl::Time at;
  uint64_t sessions_open = 0;  // at its end
  double accepted_per_s = 0;
  double bytes_up_per_s = 0;
  double bytes_down_per_s = 0;
  std::optional<absl::Duration> setup_p99;  // none: nothing was set up
  std::optional<double> failed_share;       // of the sessions that ended; none: none did
};

class History {
 public:
  static constexpr absl::Duration kStep = absl::Seconds(10);
  static constexpr size_t kPoints = 360;

  void Add(const HistoryPoint& point) {
    const std::lock_guard<std::mutex> lock(lock_);
    points_.push_back(point);
    if (points_.size() > kPoints) points_.pop_front();
  }
  // The oldest first.
  std::vector<HistoryPoint> points() const {
    const std::lock_guard<std::mutex> lock(lock_);
    return {points_.begin(), points_.end()};
  }

 private:
  mutable std::mutex lock_;
  std::deque<HistoryPoint> points_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_HISTORY_H_
