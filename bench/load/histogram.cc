#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sluice::load {

void Histogram::Record(int64_t value) {
  value = std::max<int64_t>(value, 0);
  ++counts_[BucketOf(static_cast<uint64_t>(value))];
  ++count_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

int64_t Histogram::Percentile(double percent) const {
  if (count_ == 0) return 0;
  const double wanted =
      std::ceil(std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(count_));
  // The smallest value is what 0 % asks for, and a product such as 0.9 * 10 may come out a hair too
  // large.
  const int64_t rank = std::clamp(static_cast<int64_t>(wanted), int64_t{1}, count_);
  int64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(static_cast<int64_t>(LastValueOf(i)), max_);
  }
  return max_;
}

// A value's bucket is its leading kExactBits bits, after a step count for the bits that were
// dropped:
//
//   value  0000 0001 1011 0110 1…    shift = how far until 1xxx xxxx is left
//                  \_________/        bucket = shift * kSteps + those 8 bits
size_t Histogram::BucketOf(uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kExactBits);
  return static_cast<size_t>(shift) * kSteps + static_cast<size_t>(value >> shift);
}

uint64_t Histogram::LastValueOf(size_t bucket) {
  if (bucket < 2 * kSteps) return bucket;
  const size_t shift = bucket / kSteps - 1;
  const uint64_t leading = bucket - shift * kSteps;
  return ((leading + 1) << shift) - 1;
}

}  // namespace sluice::load
