// Gateway simulations of many seeds, fewer than the many-seeds test so that it can run in every
// build; and that what they assert is worth something: that a seed is the same story each time, and
// that together they go everywhere.

#include "tests/sim/gateway_sim.h"

#include <cstdint>

#include "glog/logging.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

// Few enough for a sanitizer.
constexpr uint64_t kSeeds = 1000;

class GatewaySimTest : public testing::Test {
 protected:
  // The world is meant to go wrong; the gateway's warnings about it would bury a failure.
  static void SetUpTestSuite() { FLAGS_minloglevel = google::GLOG_ERROR; }
};

TEST_F(GatewaySimTest, EverySeedKeepsEveryPromise) {
  SimTotals totals;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const SimReport report = RunSeed(seed, /*verbose=*/false);
    totals.Add(report);
    EXPECT_TRUE(report.accusations.empty()) << report.ToString();
  }
  // What no seed reaches is not tested by any.
  const SimReport& sum = totals.sum;
  EXPECT_GT(sum.complete, kSeeds) << totals.ToString();
  EXPECT_GT(sum.refused, 0u);
  EXPECT_GT(sum.evicted, 0u);
  EXPECT_GT(sum.timed_out, 0u);
  EXPECT_GT(sum.gone, 0u);
  EXPECT_GT(sum.stalled, 0u);
  sum.counters.ForEach([](std::string_view name, std::string_view, uint64_t value) {
    if (name == "sluice_access_records_lost_total") return;
    // bind_seeds_test
    if (name.starts_with("sluice_bind") || name.starts_with("sluice_ident")) return;
    if (name.starts_with("sluice_gss")) return;  // auth_sim_test
    // udp_sim_test
    if (name.starts_with("sluice_udp") || name.starts_with("sluice_datagrams")) return;
    EXPECT_GT(value, 0u) << name;
  });
}

TEST_F(GatewaySimTest, SameSeedIsTheSameStory) {
  for (const uint64_t seed : {11, 22, 33, 44, 55}) {
    const SimReport first = RunSeed(seed, /*verbose=*/false);
    const SimReport second = RunSeed(seed, /*verbose=*/false);
    EXPECT_EQ(first.trace_hash, second.trace_hash) << "seed " << seed;
    EXPECT_EQ(first.events, second.events) << "seed " << seed;
    EXPECT_NE(first.trace_hash, RunSeed(seed + 1, /*verbose=*/false).trace_hash);
  }
}

}  // namespace
}  // namespace sluice
