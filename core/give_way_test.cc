#include "core/give_way.h"

#include <atomic>
#include <thread>

#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr int kManyCalls = 1000;
const std::atomic<bool> kNoHurry = false;

uint64_t YieldsOfManyCalls() {
  const uint64_t before = GivesWay::yields();
  for (int i = 0; i < kManyCalls; ++i) GiveWay();
  return GivesWay::yields() - before;
}

TEST(GiveWayTest, ThreadThatWasNotToldToKeepsItsCpu) { EXPECT_EQ(YieldsOfManyCalls(), 0u); }

TEST(GiveWayTest, YieldsWhenItBeginsAndThenAtItsInterval) {
  const uint64_t before = GivesWay::yields();
  {
    const GivesWay gives_way(absl::Nanoseconds(1), kNoHurry);
    EXPECT_EQ(GivesWay::yields() - before, 1u);
    EXPECT_GT(YieldsOfManyCalls(), 10u);
  }
  EXPECT_EQ(YieldsOfManyCalls(), 0u);
}

TEST(GiveWayTest, NotBeforeTheIntervalHasPassed) {
  const GivesWay gives_way(absl::Hours(1), kNoHurry);
  EXPECT_EQ(YieldsOfManyCalls(), 0u);
}

TEST(GiveWayTest, KeepsItsCpuOnceThereIsHurry) {
  std::atomic<bool> hurry = false;
  const GivesWay gives_way(absl::Nanoseconds(1), hurry);
  EXPECT_GT(YieldsOfManyCalls(), 10u);
  hurry = true;
  EXPECT_EQ(YieldsOfManyCalls(), 0u);
}

TEST(GiveWayTest, OtherThreadsKeepTheirs) {
  const GivesWay gives_way(absl::Nanoseconds(1), kNoHurry);
  std::thread([] { EXPECT_EQ(YieldsOfManyCalls(), 0u); }).join();
}

}  // namespace
}  // namespace sluice
