// Ten thousand gateway simulations, other ones than gateway_sim_test has.

#include <cstdint>

#include "glog/logging.h"
#include "gtest/gtest.h"
#include "tests/sim/gateway_sim.h"

namespace sluice {
namespace {

TEST(GatewaySimManySeedsTest, EverySeedKeepsEveryPromise) {
  FLAGS_minloglevel = google::GLOG_ERROR;
  for (uint64_t seed = 1'000'001; seed <= 1'010'000; ++seed) {
    const SimReport report = RunSeed(seed, /*verbose=*/false);
    ASSERT_TRUE(report.accusations.empty()) << report.ToString();
  }
}

}  // namespace
}  // namespace sluice
