#include "core/histogram.h"

#include <cmath>

#include "core/prng.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

// What the bucket of a value is by the bounds alone.
size_t SlowBucketOf(uint64_t value) {
  size_t bucket = 0;
  while (bucket + 1 < Histogram::kBuckets && static_cast<double>(value) > Histogram::Bound(bucket))
    ++bucket;
  return bucket;
}

TEST(HistogramTest, ABucketHasTheValuesUpToItsBound) {
  for (uint64_t value = 0; value < 5000; ++value)
    ASSERT_EQ(Histogram::BucketOf(value), SlowBucketOf(value)) << value;
  for (int octave = 0; octave < 44; ++octave) {
    for (const uint64_t value :
         {(uint64_t{1} << octave) - 1, uint64_t{1} << octave, (uint64_t{1} << octave) + 1})
      ASSERT_EQ(Histogram::BucketOf(value), SlowBucketOf(value)) << value;
  }
  Prng prng(1);
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t value = prng.Next() >> (20 + prng.Next() % 44);
    ASSERT_EQ(Histogram::BucketOf(value), SlowBucketOf(value)) << value;
  }
  EXPECT_EQ(Histogram::BucketOf(UINT64_MAX), Histogram::kBuckets - 1);
}

TEST(HistogramTest, BoundsOfOctavesArePowersOfTwo) {
  EXPECT_EQ(Histogram::Bound(Histogram::kPerOctave - 1), 2.0);
  EXPECT_EQ(Histogram::Bound(10 * Histogram::kPerOctave - 1), 1024.0);
}

TEST(HistogramTest, WhatWasObservedIsReadAndAddsUp) {
  Histogram one, other;
  for (uint64_t value = 1; value <= 100; ++value) one.Observe(value);
  other.Observe(1'000'000);
  Histogram::Counts all = one.Read();
  EXPECT_EQ(all.count, 100u);
  EXPECT_EQ(all.sum, 5050u);
  EXPECT_NEAR(all.Quantile(0.5), 50, 5);
  EXPECT_NEAR(all.Quantile(0.99), 99, 10);
  all.Add(other.Read());
  EXPECT_EQ(all.count, 101u);
  EXPECT_GE(all.Quantile(1.0), 1'000'000);
  EXPECT_EQ(Histogram::Counts().Quantile(0.5), 0);
}

TEST(DurationHistogramTest, BoundsArePowersOfTwoOfASecond) {
  DurationHistogram durations;
  durations.Observe(absl::Seconds(1));
  durations.Observe(absl::Seconds(1) + absl::Nanoseconds(1));
  durations.Observe(absl::Nanoseconds(-5));
  durations.Observe(absl::Hours(24 * 400));
  const Histogram::Counts counts = durations.Read();
  const size_t second = 20 * Histogram::kPerOctave - 1;
  EXPECT_EQ(Histogram::Bound(second) * DurationHistogram::kUnit, 1.0);
  EXPECT_EQ(counts.buckets[second], 1u);
  EXPECT_EQ(counts.buckets[second + 1], 1u);
  EXPECT_EQ(counts.buckets[0], 1u);
  EXPECT_EQ(counts.buckets[Histogram::kBuckets - 1], 1u);
}

}  // namespace
}  // namespace sluice
