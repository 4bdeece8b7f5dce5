#include "bench/load/latencies.h"

#include "gtest/gtest.h"

namespace sluice::load {
namespace {

constexpr int64_t kSlice = 100'000'000;

// Fills a slice with 200 answers, of which `late` took 100 times as long as the others.
void Fill(Latencies& latencies, int64_t slice, int late) {
  for (int i = 0; i < 200; ++i) {
    const int64_t now = (slice + 1) * kSlice - 200 + i;
    latencies.Record(now - (i < late ? 20'000 : 200), now);
  }
}

TEST(LatenciesTest, NothingIsZero) { EXPECT_EQ(Latencies().TypicalP99(), 0); }

TEST(LatenciesTest, ABadSliceIsInAllOfThemAndNotTypical) {
  Latencies latencies;
  for (int64_t slice = 0; slice < 10; ++slice) Fill(latencies, slice, slice == 4 ? 50 : 0);
  EXPECT_EQ(latencies.TypicalP99(), 200);
  EXPECT_GT(latencies.all().Percentile(99), 19'000);
  EXPECT_EQ(latencies.all().count(), 2000);
}

TEST(LatenciesTest, WhatIsInMostSlicesIsTypical) {
  Latencies latencies;
  for (int64_t slice = 0; slice < 10; ++slice) Fill(latencies, slice, slice % 3 == 0 ? 0 : 3);
  EXPECT_GT(latencies.TypicalP99(), 19'000);
}

TEST(LatenciesTest, TheLastSliceCountsOnlyWhereItIsTheOnlyOne) {
  Latencies latencies;
  Fill(latencies, 0, 3);
  EXPECT_GT(latencies.TypicalP99(), 19'000);
  Fill(latencies, 7, 0);  // and slices without an answer do not count
  EXPECT_GT(latencies.TypicalP99(), 19'000);
}

TEST(LatenciesTest, ASliceBeginsWithItsFirstNanosecond) {
  Latencies latencies;
  latencies.Record(kSlice - 51, kSlice - 1);
  latencies.Record(kSlice - 70, kSlice);
  latencies.Record(kSlice - 80, 2 * kSlice);
  // Two full slices, of 50 and 70; a median of two is the smaller one.
  EXPECT_EQ(latencies.TypicalP99(), 50);
}

}  // namespace
}  // namespace sluice::load
