#include "core/give_way.h"

#include <thread>

#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr int kManyCalls = 1000;

uint64_t YieldsOfManyCalls() {
  const uint64_t before = GivesWay::yields();
  for (int i = 0; i < kManyCalls; ++i) GiveWay();
  return GivesWay::yields() - before;
}

TEST(GiveWayTest, ThreadThatWasNotToldToKeepsItsCpu) { EXPECT_EQ(YieldsOfManyCalls(), 0u); }

TEST(GiveWayTest, YieldsWhenItBeginsAndThenAtItsInterval) {
  const uint64_t before = GivesWay::yields();
  {
    const GivesWay gives_way(absl::Nanoseconds(1));
    EXPECT_EQ(GivesWay::yields() - before, 1u);
    EXPECT_GT(YieldsOfManyCalls(), 10u);
  }
  EXPECT_EQ(YieldsOfManyCalls(), 0u);
}

TEST(GiveWayTest, NotBeforeTheIntervalHasPassed) {
  const GivesWay gives_way(absl::Hours(1));
  EXPECT_EQ(YieldsOfManyCalls(), 0u);
}

TEST(GiveWayTest, OtherThreadsKeepTheirs) {
  const GivesWay gives_way(absl::Nanoseconds(1));
  std::thread([] { EXPECT_EQ(YieldsOfManyCalls(), 0u); }).join();
}

}  // namespace
}  // namespace sluice
