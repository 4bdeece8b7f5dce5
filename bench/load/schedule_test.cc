#include "bench/load/schedule.h"

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
  EXPECT_EQ(schedule.DueAt(1), 7 * kSecond + kSecond / 1000);
}

TEST(ScheduleTest, DoesNotDriftByWhatIsRounded) {
  Schedule schedule(3);
  schedule.Begin(0);
  EXPECT_EQ(schedule.DueAt(1), 333'333'333);
  EXPECT_EQ(schedule.DueAt(3'000'000), 1'000'000 * kSecond);
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
