// Gateway simulations, 20,000 of them: those of gateway_sim_test and many more.

#include <cstdint>

#include "glog/logging.h"
#include "gtest/gtest.h"
#include "tests/sim/gateway_sim.h"

namespace sluice {
namespace {

TEST(GatewaySimManySeedsTest, EverySeedKeepsEveryPromise) {
  FLAGS_minloglevel = google::GLOG_ERROR;
  for (const uint64_t first : {1, 1'000'001}) {
    for (uint64_t seed = first; seed < first + 10'000; ++seed) {
      const SimReport report = RunSeed(seed, /*verbose=*/false);
      ASSERT_TRUE(report.accusations.empty()) << report.ToString();
    }
  }
}

}  // namespace
}  // namespace sluice
