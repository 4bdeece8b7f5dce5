#ifndef SLUICE_BENCH_LOAD_HISTOGRAM_H_
#define SLUICE_BENCH_LOAD_HISTOGRAM_H_

// Histogram: how often each value occurred, log-linear as in HDR histograms: values below 256
// exactly, larger ones in 128 steps per power of two, so that no percentile is off by more than
// 1/128 (0.8 %). Fixed size, recording is a few instructions. Not for negative values, which count
// as 0. One thread.

#include <array>
#include <cstddef>
#include <cstdint>

namespace sluice::load {

class Histogram {
 public:
  void Record(int64_t value);
  void Merge(const Histogram& other);

  int64_t count() const { return count_; }
  int64_t min() const { return count_ == 0 ? 0 : min_; }
  int64_t max() const { return max_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

  // The smallest value, as exact as the buckets are and never above max(), that at least `percent`
  // of the recorded values do not exceed. 0 where nothing was recorded.
  int64_t Percentile(double percent) const;

 private:
  // Values below 2^kExactBits have a bucket each; above, each power of two has kSteps.
  static constexpr int kExactBits = 8;
  static constexpr size_t kSteps = size_t{1} << (kExactBits - 1);
  static constexpr size_t kBuckets = (64 - kExactBits + 2) * kSteps;

  static size_t BucketOf(uint64_t value);
  static uint64_t LastValueOf(size_t bucket);

  std::array<int64_t, kBuckets> counts_{};
  int64_t count_ = 0;
  int64_t min_ = INT64_MAX;
  int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_HISTOGRAM_H_
