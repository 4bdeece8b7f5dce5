#ifndef SLUICE_BENCH_LOAD_CLOCK_H_
#define SLUICE_BENCH_LOAD_CLOCK_H_

// Monotonic nanoseconds: what latencies and schedules are counted in. Not the time of day. Any
// thread.

#include <time.h>

#include <cstdint>

namespace sluice::load {

inline constexpr int64_t kSecond = 1'000'000'000;

inline int64_t NowNanos() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

inline double Seconds(int64_t nanos) { return static_cast<double>(nanos) / kSecond; }

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_CLOCK_H_
