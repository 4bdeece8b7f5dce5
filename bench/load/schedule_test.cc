#include "bench/load/schedule.h"

#include <algorithm>
#include <array>

#include "gtest/gtest.h"

namespace sluice::load {
namespace {

TEST(ScheduleTest, IsNoneWithoutARate) {
  EXPECT_FALSE(Schedule(0));
  EXPECT_TRUE(Schedule(0.5));
}

TEST(ScheduleTest, TheFirstIsDueAtItsBeginning) {
  Schedule schedule(1000);
  schedule.Begin(7 * kSecond);
  EXPECT_EQ(schedule.DueAt(0), 7 * kSecond);
}

TEST(ScheduleTest, EachIsDueHardlySoonerOrLaterAfterTheOneBefore) {
  Schedule schedule(1000);
  schedule.Begin(0);
  for (int64_t i = 1; i < 5000; ++i) {
    EXPECT_NEAR(static_cast<double>(schedule.DueAt(i) - schedule.DueAt(i - 1)), 1e6, 5e3);
  }
}

TEST(ScheduleTest, KeepsStepWithNothing) {
  Schedule schedule(10'000);
  schedule.Begin(0);
  constexpr int64_t kTick = 4'000'000;
  constexpr int64_t kBetween = 100'000;
  std::array<int, 4> quarters = {};
  // Of each tick: how long after what was due last. Each of four quarters by a sixth of them at
  // least.
  int64_t last = 0;
  for (int64_t tick = kTick; tick <= 1000 * kTick; tick += kTick) {
    while (schedule.DueAt(last + 1) <= tick) ++last;
    ++quarters[static_cast<size_t>(
        std::min<int64_t>((tick - schedule.DueAt(last)) * 4 / kBetween, 3))];
  }
  for (const int quarter : quarters) EXPECT_GT(quarter, 170);
}

TEST(ScheduleTest, DoesNotDriftByWhatIsRounded) {
  Schedule schedule(3);
  schedule.Begin(0);
  // Where it has caught up.
  EXPECT_EQ(schedule.DueAt(512), 170'666'666'667);
  EXPECT_EQ(schedule.DueAt(512 * 3'000'000), 512'000'000 * kSecond);
}

TEST(ScheduleTest, HasAsManyDueAsItsRateSays) {
  Schedule schedule(250'000'000);  // bytes of 2 Gbit
  schedule.Begin(kSecond);
  EXPECT_EQ(schedule.DueBefore(kSecond), 0);
  EXPECT_EQ(schedule.DueBefore(kSecond + kSecond / 1000), 250'000);
  EXPECT_EQ(schedule.DueBefore(101 * kSecond), 25'000'000'000);
}

}  // namespace
}  // namespace sluice::load
