#ifndef SLUICE_BENCH_LOAD_LATENCIES_H_
#define SLUICE_BENCH_LOAD_LATENCIES_H_

// Latencies: a histogram of them all, and the 99th percentile of the typical tenth of a second. A
// host takes a CPU away from its guest for some milliseconds, a few times a second: that alone is
// 1 % of the time, and decides the 99th percentile of all. It spares most tenths of a second, so
// that the median of theirs tells of what is measured. What the measured program does ten times a
// second or more often is in both. Nanoseconds of one clock; one thread.

#include <cstdint>

#include "bench/load/histogram.h"

namespace sluice::load {

class Latencies {
 public:
  // Of what began `since` and is answered `now`, which never goes back.
  void Record(int64_t since, int64_t now);

  const Histogram& all() const { return all_; }
  // By answers: the median over the slices in which there were some, but the last, which may be
  // only begun. That one where there is no other; 0 where nothing was recorded.
  int64_t TypicalP99() const;

 private:
  static constexpr int64_t kSlice = 100'000'000;

  Histogram all_;
  Histogram slice_;
  int64_t slice_ends_ = 0;
  Histogram p99s_;  // of the slices before this one
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_LATENCIES_H_
