// BIND and ident in worlds made of seeds: see bind_sim.h.

#include <cstdint>

#include "glog/logging.h"
#include "gtest/gtest.h"
#include "tests/sim/bind_sim.h"

namespace sluice {
namespace {

constexpr uint64_t kSeeds = 1500;

class BindSeedsTest : public testing::Test {
 protected:
  // The world is meant to go wrong; the gateway's warnings about it would bury a failure.
  static void SetUpTestSuite() { FLAGS_minloglevel = google::GLOG_ERROR; }
};

TEST_F(BindSeedsTest, EverySeedKeepsEveryPromise) {
  SimTotals totals;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const SimReport report = RunBindSeed(seed, /*verbose=*/false);
    totals.Add(report);
    ASSERT_TRUE(report.accusations.empty()) << report.ToString();
  }
  // What no seed reaches is not tested by any.
  const SimReport& sum = totals.sum;
  EXPECT_GT(sum.complete, kSeeds / 2) << totals.ToString();
  EXPECT_GT(sum.refused, 0u);
  EXPECT_GT(sum.timed_out, 0u);
  for (const uint64_t counter :
       {sum.counters.binds_succeeded, sum.counters.binds_failed, sum.counters.bind_peers_refused,
        sum.counters.ident_queries, sum.counters.ident_failures}) {
    EXPECT_GT(counter, 0u) << totals.ToString();
  }
}

TEST_F(BindSeedsTest, SameSeedIsTheSameStory) {
  for (const uint64_t seed : {7, 77, 777}) {
    EXPECT_EQ(RunBindSeed(seed, /*verbose=*/false).trace_hash,
              RunBindSeed(seed, /*verbose=*/false).trace_hash)
        << "seed " << seed;
  }
}

}  // namespace
}  // namespace sluice
