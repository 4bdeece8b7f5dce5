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

TEST(UdpTargetsTest, TwoStandInTheAssociationAndAThirdBorrowsATable) {
  Slab<UdpTargetTable> tables(1);
  {
    UdpTargets targets(tables);
    targets.Add(Target(1), 0).allowed = true;
    targets.Add(Target(2), 0);
    EXPECT_EQ(tables.in_use(), 0u);
    targets.Add(Target(3), 0);
    EXPECT_EQ(tables.in_use(), 1u);
    for (int i = 1; i <= 3; ++i) {
      UdpTarget* target = targets.Find(Target(i), 0);
      ASSERT_NE(target, nullptr) << i;
      EXPECT_EQ(target->allowed, i == 1);
    }
    EXPECT_EQ(targets.Find(Target(4), 0), nullptr);
  }
  EXPECT_EQ(tables.in_use(), 0u);
}

TEST(UdpTargetsTest, WithoutATableTheNewestTwoAreKnown) {
  Slab<UdpTargetTable> none(0);
  UdpTargets targets(none);
  for (int i = 1; i <= 5; ++i) targets.Add(Target(i), 0);
  EXPECT_TRUE(Knows(targets, Target(5)));
  EXPECT_TRUE(Knows(targets, Target(4)));
  EXPECT_FALSE(Knows(targets, Target(3)));
}

TEST(UdpTargetsTest, TableIsBoundedAndForgetsWhatWasNotUsedForLongest) {
  Slab<UdpTargetTable> tables(1);
  UdpTargets targets(tables);
  targets.Add(Target(0), 0);
  for (int i = 1; i < 5000; ++i) {
    targets.Add(Target(i), 0);
    ASSERT_NE(targets.Find(Target(0), 0), nullptr)
        << "used all the time, and forgotten after " << i;
  }
  int known = 0;
  for (int i = 0; i < 5000; ++i) known += Knows(targets, Target(i));
  EXPECT_LE(known, static_cast<int>(UdpTargetTable::kSets * UdpTargetTable::kWays));
  EXPECT_GT(known, 400);
}

// The rules may say different things of the two.
TEST(UdpTargetsTest, TargetByNameAndTargetByAddressAreTwo) {
  Slab<UdpTargetTable> tables(1);
  UdpTargets targets(tables);
  targets.Add(Target(1), 3).allowed = true;
  EXPECT_EQ(targets.Find(Target(1), 0), nullptr);
  targets.Add(Target(1), 0);
  EXPECT_TRUE(targets.Find(Target(1), 3)->allowed);
  EXPECT_FALSE(targets.Find(Target(1), 0)->allowed);
  EXPECT_TRUE(targets.AnyOf(Target(1), [](UdpTarget& target) { return target.allowed; }));
  targets.ForgetName(3);
  EXPECT_EQ(targets.Find(Target(1), 3), nullptr);
  EXPECT_NE(targets.Find(Target(1), 0), nullptr);
}

}  // namespace
}  // namespace sluice
