#include "tests/sim/sim_clock.h"

#include <algorithm>
#include <utility>

namespace sluice {

void SimClock::At(absl::Time when, std::function<void()> what) {
  events_.push_back(Event{std::max(when, now_), order_++, std::move(what)});
  std::push_heap(events_.begin(), events_.end(), Later());
}

void SimClock::AdvanceTo(absl::Time when) {
  while (!events_.empty() && events_.front().when <= when) {
    std::pop_heap(events_.begin(), events_.end(), Later());
    Event event = std::move(events_.back());
    events_.pop_back();
    now_ = event.when;
    ++happened_;
    event.what();
  }
  now_ = std::max(now_, when);
}

}  // namespace sluice
