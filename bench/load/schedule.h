#ifndef SLUICE_BENCH_LOAD_SCHEDULE_H_
#define SLUICE_BENCH_LOAD_SCHEDULE_H_

// Schedule: when each is due of so many things a second, whatever became of those before it. No
// clock, any thread.

#include <cmath>
#include <cstdint>

#include "bench/load/clock.h"

namespace sluice::load {

class Schedule {
 public:
  // `per_second` 0: there is none.
  explicit Schedule(double per_second) : per_second_(per_second) {}

  explicit operator bool() const { return per_second_ > 0; }
  void Begin(int64_t began) { began_ = began; }

  // The rest only where there is one, and it has begun.
  int64_t DueAt(int64_t number) const {
    return began_ +
           std::llround(static_cast<double>(number) * (static_cast<double>(kSecond) / per_second_));
  }
  // How many have been due before `now`.
  int64_t DueBefore(int64_t now) const {
    return std::llround(static_cast<double>(now - began_) / static_cast<double>(kSecond) *
                        per_second_);
  }

 private:
  double per_second_;
  int64_t began_ = 0;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_SCHEDULE_H_
