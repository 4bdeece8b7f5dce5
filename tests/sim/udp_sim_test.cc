#include "tests/sim/udp_sim.h"

#include <string_view>

#include "glog/logging.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr uint64_t kSeeds = 600;

class UdpSimTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { FLAGS_minloglevel = google::GLOG_ERROR; }
};

TEST_F(UdpSimTest, EverySeedKeepsEveryPromise) {
  std::vector<uint64_t> sums;
  std::vector<std::string_view> names;
  uint64_t echoes = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    UdpSim sim(seed);
    EXPECT_THAT(sim.Run(), testing::IsEmpty()) << "seed " << seed;
    echoes += sim.echoes();
    size_t place = 0;
    sim.counters().ForEach([&](std::string_view name, std::string_view, uint64_t value) {
      if (place == sums.size()) {
        sums.push_back(0);
        names.push_back(name);
      }
      sums[place++] += value;
    });
  }
  // What no seed reaches is not tested by any.
  EXPECT_GT(echoes, kSeeds * 10);
  for (size_t i = 0; i < sums.size(); ++i) {
    const bool ours =
        names[i].starts_with("sluice_udp") || names[i].starts_with("sluice_datagrams");
    EXPECT_TRUE(!ours || sums[i] > 0) << names[i];
  }
}

TEST_F(UdpSimTest, SameSeedIsTheSameStory) {
  for (const uint64_t seed : {7, 77, 777}) {
    UdpSim first(seed);
    UdpSim second(seed);
    UdpSim other(seed + 1);
    for (UdpSim* sim : {&first, &second, &other}) sim->Run();
    EXPECT_EQ(first.trace_hash(), second.trace_hash());
    EXPECT_NE(first.trace_hash(), other.trace_hash());
  }
}

}  // namespace
}  // namespace sluice
