#include "core/spin_odds.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

SpinOdds Unlucky() {
  SpinOdds odds;
  for (int i = 0; i < SpinOdds::kLuckMax; ++i) odds.Spun(false);
  return odds;
}

// How many of `turns` spin, of which each `found_each`-th finds something.
int SpinsOf(SpinOdds odds, int turns, int found_each) {
  int spins = 0;
  for (int turn = 0; turn < turns; ++turn) {
    if (!odds.ShouldSpin()) continue;
    ++spins;
    odds.Spun(turn % found_each == 0);
  }
  return spins;
}

TEST(SpinOddsTest, SpinsAlwaysWhereOneOfSoManyFindsSomething) {
  EXPECT_EQ(SpinsOf(SpinOdds(), 1000, 1), 1000);
  EXPECT_EQ(SpinsOf(SpinOdds(), 1000, 1 + SpinOdds::kWorth), 1000);
}

TEST(SpinOddsTest, SpinsNoMoreWhereNothingIsFoundButForTrials) {
  SpinOdds odds;
  for (int i = 0; i < SpinOdds::kLuckMax; ++i) {
    EXPECT_TRUE(odds.ShouldSpin());
    odds.Spun(false);
  }
  for (int trial = 0; trial < 3; ++trial) {
    for (int i = 1; i < SpinOdds::kSleeps; ++i) EXPECT_FALSE(odds.ShouldSpin());
    EXPECT_TRUE(odds.ShouldSpin());
    odds.Spun(false);
  }
}

TEST(SpinOddsTest, TrialThatFindsSomethingIsFollowedByOthers) {
  SpinOdds odds = Unlucky();
  while (!odds.ShouldSpin()) {
  }
  odds.Spun(true);
  for (int i = 0; i < SpinOdds::kWorth; ++i) {
    EXPECT_TRUE(odds.ShouldSpin());
    odds.Spun(false);
  }
  EXPECT_FALSE(odds.ShouldSpin());
}

TEST(SpinOddsTest, LuckDoesNotLastForEver) {
  SpinOdds odds;
  for (int i = 0; i < 1000; ++i) odds.Spun(true);
  for (int i = 0; i < SpinOdds::kLuckMax; ++i) odds.Spun(false);
  EXPECT_FALSE(odds.ShouldSpin());
}

TEST(SpinOddsTest, TrialsMeetBothHalvesOfWhatAlternates) {
  // Of questions and answers only what comes after a question is soon followed by something.
  EXPECT_GT(SpinsOf(Unlucky(), 10'000, 2), 9'000);
}

}  // namespace
}  // namespace sluice
