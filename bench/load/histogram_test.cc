#include "bench/load/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/prng.h"
#include "gtest/gtest.h"

namespace sluice::load {
namespace {

constexpr double kPercents[] = {0, 1, 25, 50, 75, 90, 99, 99.9, 99.99, 100};

// The slow, obvious twin: sort, and take the value of the rank.
int64_t SortedPercentile(std::vector<int64_t> values, double percent) {
  std::sort(values.begin(), values.end());
  const auto rank =
      static_cast<int64_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
  return values[static_cast<size_t>(std::max<int64_t>(rank, 1) - 1)];
}

TEST(HistogramTest, AnEmptyHistogramIsAllZeros) {
  Histogram histogram;
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.Percentile(99), 0);
}

TEST(HistogramTest, ValuesBelow256AreExact) {
  Histogram histogram;
  std::vector<int64_t> values;
  for (int64_t value = 0; value < 256; ++value) {
    histogram.Record(value);
    values.push_back(value);
  }
  for (double percent : kPercents) {
    EXPECT_EQ(histogram.Percentile(percent), SortedPercentile(values, percent)) << percent;
  }
}

TEST(HistogramTest, EveryPowerOfTwoAndItsNeighboursAreWithinOnePart128) {
  for (int bit = 0; bit < 63; ++bit) {
    for (int64_t difference = -1; difference <= 1; ++difference) {
      const int64_t value = (int64_t{1} << bit) + difference;
      Histogram histogram;
      histogram.Record(value);
      histogram.Record(INT64_MAX);  // so that the bucket's bound is told, not the largest value
      const int64_t told = histogram.Percentile(50);
      EXPECT_GE(told, value);
      EXPECT_LE(told - value, value / 128) << value;
    }
  }
}

TEST(HistogramTest, PercentilesOfRandomValuesAreWithinOnePart128OfTheSortedOnes) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Prng random(seed);
    Histogram histogram;
    std::vector<int64_t> values;
    for (uint64_t i = random.Below(5000) + 1; i > 0; --i) {
      const auto value = static_cast<int64_t>(random.Next() >> (1 + random.Below(62)));
      histogram.Record(value);
      values.push_back(value);
    }
    for (double percent : kPercents) {
      const int64_t exact = SortedPercentile(values, percent);
      EXPECT_GE(histogram.Percentile(percent), exact) << "seed " << seed << ", " << percent << " %";
      EXPECT_LE(histogram.Percentile(percent) - exact, exact / 128)
          << "seed " << seed << ", " << percent << " %";
    }
    EXPECT_EQ(histogram.max(), *std::max_element(values.begin(), values.end()));
    EXPECT_EQ(histogram.min(), *std::min_element(values.begin(), values.end()));
  }
}

TEST(HistogramTest, NoPercentileExceedsTheLargestValue) {
  Histogram histogram;
  histogram.Record(1'000'001);
  EXPECT_EQ(histogram.Percentile(50), 1'000'001);
  EXPECT_EQ(histogram.Percentile(100), 1'000'001);
}

TEST(HistogramTest, ANegativeValueCountsAsZero) {
  Histogram histogram;
  histogram.Record(-5);
  EXPECT_EQ(histogram.count(), 1);
  EXPECT_EQ(histogram.Percentile(100), 0);
}

TEST(HistogramTest, MergedHistogramsAreOneOfAllValues) {
  Prng random(7);
  Histogram one, other, both;
  for (int i = 0; i < 1000; ++i) {
    const auto value = static_cast<int64_t>(random.Below(1'000'000));
    (i % 3 == 0 ? one : other).Record(value);
    both.Record(value);
  }
  one.Merge(other);
  EXPECT_EQ(one.count(), 1000);
  EXPECT_EQ(one.min(), both.min());
  EXPECT_EQ(one.max(), both.max());
  EXPECT_DOUBLE_EQ(one.mean(), both.mean());
  for (double percent : kPercents) EXPECT_EQ(one.Percentile(percent), both.Percentile(percent));
}

}  // namespace
}  // namespace sluice::load
