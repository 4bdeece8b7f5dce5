#ifndef SLUICE_TESTS_SIM_SIM_CLOCK_H_
#define SLUICE_TESTS_SIM_SIM_CLOCK_H_

// SimClock: simulated time and what is to happen in it. Events of one instant happen in the order
// in which they were asked for. One thread.

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/time/time.h"

namespace sluice {

class SimClock {
 public:
  absl::Time now() const { return now_; }

  void At(absl::Time when, std::function<void()> what);
  void After(absl::Duration delay, std::function<void()> what) {
    At(now_ + delay, std::move(what));
  }

  // When the next event happens; InfiniteFuture where there is none.
  absl::Time Next() const {
    return events_.empty() ? absl::InfiniteFuture() : events_.front().when;
  }

  // Moves to `when` and lets happen all that is due on the way.
  void AdvanceTo(absl::Time when);

  uint64_t events_happened() const { return happened_; }

 private:
  struct Event {
    absl::Time when;
    uint64_t order;
    std::function<void()> what;
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.when != b.when ? a.when > b.when : a.order > b.order;
    }
  };

  // far from zero, so that forgetting to set a time shows
  absl::Time now_ = absl::FromUnixSeconds(1'000'000);
  uint64_t order_ = 0;
  uint64_t happened_ = 0;
  std::vector<Event> events_;  // a heap
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_CLOCK_H_
