#include "core/histogram.h"

#include <cmath>

namespace sluice {

double Histogram::Bound(size_t bucket) {
  return std::exp2(static_cast<double>(bucket + 1) / kPerOctave);
}

Histogram::Counts Histogram::Read() const {
  Counts counts;
  for (size_t i = 0; i < kBuckets; ++i) {
    counts.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    counts.count += counts.buckets[i];
  }
  counts.sum = sum_.load(std::memory_order_relaxed);
  return counts;
}

void Histogram::Counts::Add(const Counts& other) {
  for (size_t i = 0; i < kBuckets; ++i) buckets[i] += other.buckets[i];
  count += other.count;
  sum += other.sum;
}

double Histogram::Counts::Quantile(double share) const {
  if (count == 0) return 0;
  const auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count)));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets[i];
    if (seen >= wanted && seen > 0) return Bound(i);
  }
  return Bound(kBuckets - 1);
}

}  // namespace sluice
