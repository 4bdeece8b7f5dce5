#include "relay/udp/udp_targets.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

Endpoint Target(int i) {
  return {Address::FromV4({10, 0, static_cast<uint8_t>(i / 200), static_cast<uint8_t>(i % 200)}),
          static_cast<uint16_t>(1000 + i)};
}

bool Knows(UdpTargets& targets, const Endpoint& endpoint) {
  return targets.AnyOf(endpoint, [](UdpTarget&) { return true; });
}

TEST(UdpTargetsTest, TwoStandInTheAssociationAndAThirdTakesAllToTheTable) {
  UdpTargetTable table(3);
  {
    UdpTargets targets(table);
    targets.Add(Target(1), 0).allowed = true;
    targets.Add(Target(2), 0);
    EXPECT_TRUE(table.HasRoom(3));
    targets.Add(Target(3), 0);
    EXPECT_FALSE(table.HasRoom(1));
    for (int i = 1; i <= 3; ++i) {
      UdpTarget* target = targets.Find(Target(i), 0);
      ASSERT_NE(target, nullptr) << i;
      EXPECT_EQ(target->allowed, i == 1);
    }
    EXPECT_EQ(targets.Find(Target(4), 0), nullptr);
  }
  EXPECT_TRUE(table.HasRoom(3));
}

TEST(UdpTargetsTest, WithoutRoomInTheTableTheNewestTwoAreKnown) {
  UdpTargetTable table(2);
  UdpTargets targets(table);
  for (int i = 1; i <= 5; ++i) targets.Add(Target(i), 0);
  EXPECT_TRUE(Knows(targets, Target(5)));
  EXPECT_TRUE(Knows(targets, Target(4)));
  EXPECT_FALSE(Knows(targets, Target(3)));
  EXPECT_TRUE(table.HasRoom(2));
}

TEST(UdpTargetsTest, AsManyAsAnAssociationMayHaveAreKnownAndThenTheOneUnusedForLongestIsForgotten) {
  constexpr int kMost = static_cast<int>(limits::kUdpTargetsMax);
  UdpTargetTable table(limits::kUdpTargetsPerShard);
  UdpTargets targets(table);
  for (int i = 0; i < kMost; ++i) targets.Add(Target(i), 0);
  for (int i = 0; i < kMost; ++i) ASSERT_TRUE(Knows(targets, Target(i))) << i;
  EXPECT_NE(targets.Find(Target(0), 0), nullptr);
  targets.Add(Target(kMost), 0);
  EXPECT_TRUE(Knows(targets, Target(0)));
  EXPECT_FALSE(Knows(targets, Target(1)));
  for (int i = 2; i <= kMost; ++i) ASSERT_TRUE(Knows(targets, Target(i))) << i;
}

TEST(UdpTargetsTest, AssociationThatFindsTheTableFullForgetsItsOwn) {
  UdpTargetTable table(7);
  UdpTargets greedy(table);
  UdpTargets modest(table);
  for (int i = 0; i < 3; ++i) modest.Add(Target(i), 0);
  for (int i = 0; i < 100; ++i) greedy.Add(Target(i), 0);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Knows(modest, Target(i)));
  for (int i = 96; i < 100; ++i) EXPECT_TRUE(Knows(greedy, Target(i)));
  EXPECT_FALSE(Knows(greedy, Target(95)));
}

// The rules may say different things of the two.
TEST(UdpTargetsTest, TargetByNameAndTargetByAddressAreTwo) {
  UdpTargetTable table(100);
  UdpTargets targets(table);
  const auto expect_two = [&] {
    EXPECT_TRUE(targets.Find(Target(1), 3)->allowed);
    EXPECT_FALSE(targets.Find(Target(1), 0)->allowed);
    EXPECT_TRUE(targets.AnyOf(Target(1), [](UdpTarget& target) { return target.allowed; }));
  };
  targets.Add(Target(1), 3).allowed = true;
  EXPECT_EQ(targets.Find(Target(1), 0), nullptr);
  targets.Add(Target(1), 0);
  expect_two();
  targets.Add(Target(2), 0);
  expect_two();
}

}  // namespace
}  // namespace sluice
