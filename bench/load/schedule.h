#ifndef SLUICE_BENCH_LOAD_SCHEDULE_H_
#define SLUICE_BENCH_LOAD_SCHEDULE_H_

// Schedule: when each is due of so many things a second, whatever became of those before it. No
// clock, any thread.
//
// It sways: over kSway / 2 things they fall behind by the time between two, and over as many they
// catch up. A strict one of round numbers keeps step with what else the host does in round numbers,
// its timer's tick above all: each tick of 4 ms falls into a request of a schedule of 10,000 a
// second, or none does, by chance for the whole run.

#include <algorithm>
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
    return began_ + std::llround((static_cast<double>(number) + Behind(number)) *
                                 (static_cast<double>(kSecond) / per_second_));
  }
  // How many have been due before `now`.
  int64_t DueBefore(int64_t now) const {
    return std::llround(static_cast<double>(now - began_) / static_cast<double>(kSecond) *
                        per_second_);
  }

 private:
  static constexpr int64_t kSway = 512;

  // In times between two, 0 to 1.
  static double Behind(int64_t number) {
    const int64_t at = number % kSway;
    return static_cast<double>(std::min(at, kSway - at)) / (kSway / 2);
  }

  double per_second_;
  int64_t began_ = 0;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_SCHEDULE_H_
