#include "relay/auth/check_line.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Rank = CheckLine::Rank;

struct Named : public CheckLine::Place {
  std::string name;
};

class CheckLineTest : public testing::Test {
 protected:
  void Join(const std::string& name, Rank rank, uint64_t source) {
    waiting_.push_back(std::make_unique<Named>());
    waiting_.back()->name = name;
    line_.Join(*waiting_.back(), rank, source, now_);
  }
  std::string Next() {
    CheckLine::Place* place = line_.Next(now_);
    return place != nullptr ? static_cast<Named*>(place)->name : "nobody";
  }
  std::string All() {
    std::string all;
    for (std::string name = Next(); name != "nobody"; name = Next()) all += name + " ";
    return all;
  }

  absl::Time now_ = absl::UnixEpoch();
  CheckLine line_;
  std::vector<std::unique_ptr<Named>> waiting_;
};

TEST_F(CheckLineTest, SourcesTakeTurnsAndEachKeepsItsOrder) {
  for (const char* name : {"a1", "a2", "a3", "a4"}) Join(name, Rank::kNew, 1);
  for (const char* name : {"b1", "b2"}) Join(name, Rank::kNew, 2);
  Join("c1", Rank::kNew, 3);
  EXPECT_EQ(All(), "a1 b1 c1 a2 b2 a3 a4 ");
}

TEST_F(CheckLineTest, WhoComesLaterThanAThousandOfAnotherIsNext) {
  for (int i = 0; i < 1000; ++i) Join("guess", Rank::kNew, 1);
  EXPECT_EQ(Next(), "guess");
  Join("late", Rank::kNew, 2);
  const std::string first = Next();
  EXPECT_TRUE(first == "late" || Next() == "late");
}

TEST_F(CheckLineTest, WhoWasServedWaitsForTheNextRound) {
  Join("a1", Rank::kNew, 1);
  Join("b1", Rank::kNew, 2);
  EXPECT_EQ(Next(), "a1");
  Join("a2", Rank::kNew, 1);
  Join("c1", Rank::kNew, 3);
  EXPECT_EQ(All(), "b1 c1 a2 ");
}

TEST_F(CheckLineTest, WhoLeavesIsNotServed) {
  Join("a1", Rank::kNew, 1);
  Join("b1", Rank::kNew, 2);
  Join("a2", Rank::kNew, 1);
  waiting_[1].reset();
  EXPECT_EQ(All(), "a1 a2 ");
}

TEST_F(CheckLineTest, TheRanksShareTheTurnsAndNobodyStarves) {
  for (int i = 0; i < 8; ++i) {
    Join("f", Rank::kFailed, 100 + i);
    Join("n", Rank::kNew, 200 + i);
    Join("g", Rank::kGood, 300 + i);
  }
  EXPECT_EQ(All(), "g n g f g n g f g n g f g n g f n n n f n f f f ");
}

TEST_F(CheckLineTest, WhereTheOldestHaveWaitedTooLongTheNewestGoesFirst) {
  Join("old", Rank::kNew, 1);
  Join("older than some", Rank::kNew, 2);
  now_ += limits::kCheckLinePatience + absl::Seconds(1);
  Join("new", Rank::kNew, 3);
  EXPECT_EQ(All(), "new older than some old ");
}

TEST_F(CheckLineTest, MoreThanItHasRoundsForAreServedAllTheSame) {
  constexpr size_t kMany = limits::kCheckLineRounds * 3;
  for (size_t i = 0; i < kMany; ++i) Join("a", Rank::kNew, 1);
  Join("b", Rank::kNew, 2);
  size_t served = 0;
  bool other = false;
  for (std::string name = Next(); name != "nobody"; name = Next(), ++served) {
    if (name != "b") continue;
    other = true;
    EXPECT_LT(served, 3u) << "in the first round";
  }
  EXPECT_TRUE(other);
  EXPECT_EQ(served, kMany + 1);
  Join("again", Rank::kNew, 1);
  EXPECT_EQ(All(), "again ");
}

TEST_F(CheckLineTest, MoreSourcesThanItRemembersAreServedAllTheSame) {
  const size_t many = limits::kCheckLineSources * 4;
  for (size_t i = 0; i < 2 * many; ++i) Join("x", Rank::kNew, 1 + i % many);
  size_t served = 0;
  while (Next() != "nobody") ++served;
  EXPECT_EQ(served, 2 * many);
}

}  // namespace
}  // namespace sluice
