#ifndef SLUICE_CORE_HISTOGRAM_H_
#define SLUICE_CORE_HISTOGRAM_H_

// Histogram: how often values of each size came, eight buckets to an octave (each 9 % wider than
// the one before), which are the buckets of Prometheus' native histograms of schema 3: bounds are
// 2^(k/8) of the unit. One thread observes, without a locked instruction; any thread reads.
// Observing costs a few nanoseconds: the octave is the place of the highest bit, and the place in
// it is found by seven comparisons without a branch.

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace sluice {

class Histogram {
 public:
  static constexpr double kUnit = 1;
  static constexpr int kPerOctave = 8;
  static constexpr int kOctaves = 40;
  static constexpr size_t kBuckets = kPerOctave * kOctaves;

  // What was counted, of one shard or of all.
  struct Counts {
    // [i] has values in (Bound(i - 1), Bound(i)]; the first one also smaller ones, the last one
    // also larger ones.
    std::array<uint64_t, kBuckets> buckets = {};
    uint64_t count = 0;
    uint64_t sum = 0;  // of the values

    void Add(const Counts& other);
    // The upper bound of the bucket in which the value lies that `share` of all do not exceed; 0
    // where there is none.
    double Quantile(double share) const;
  };
  // Upper bound of a bucket, as a multiple of the value 1.
  static double Bound(size_t bucket);

  void Observe(uint64_t value) {
    Add(buckets_[BucketOf(value)], 1);
    Add(sum_, value);
  }
  Counts Read() const;

  static size_t BucketOf(uint64_t value) {
    if (value <= 1) return 0;
    const int octave = std::bit_width(value) - 1;
    const uint64_t mantissa = value << (63 - octave);
    size_t bucket = static_cast<size_t>(octave) * kPerOctave;
    for (const uint64_t threshold : kThresholds) bucket += mantissa >= threshold;
    bucket -= mantissa == uint64_t{1} << 63;  // a power of two is the bound of the bucket below it
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }

 private:
  // 2^63 times 2^(1/8) to 2^(7/8), rounded up.
  static constexpr std::array<uint64_t, kPerOctave - 1> kThresholds = {
      10058158527438640871u, 10968499650544839024u, 11961233684655323371u, 13043817825332782213u,
      14224384202002324190u, 15511800964685064949u, 16915738899553466671u};

  static void Add(std::atomic<uint64_t>& number, uint64_t n) {
    number.store(number.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  std::array<std::atomic<uint64_t>, kBuckets> buckets_ = {};
  std::atomic<uint64_t> sum_ = 0;
};

// Of durations: the value 1 is 2^-20 s, just below a microsecond, so that the bounds are powers of
// two of a second.
class DurationHistogram {
 public:
  static constexpr double kUnit = 1.0 / (1 << 20);

  void Observe(absl::Duration duration) {
    const int64_t nanoseconds = absl::ToInt64Nanoseconds(duration);
    histogram_.Observe(nanoseconds <= 0 ? 0 : Units(static_cast<uint64_t>(nanoseconds)));
  }
  Histogram::Counts Read() const { return histogram_.Read(); }

 private:
  // Rounded up, so that nothing that took longer than a bound is below it: times 2^20 / 10^9, which
  // is kScale / 2^64.
  static uint64_t Units(uint64_t nanoseconds) {
    constexpr uint64_t kScale = 19'342'813'113'834'066u;
    using Wide = unsigned __int128;
    return static_cast<uint64_t>((Wide{nanoseconds} * kScale + UINT64_MAX) >> 64);
  }

  Histogram histogram_;
};

}  // namespace sluice

#endif  // SLUICE_CORE_HISTOGRAM_H_
