// GatherTrials against every fixed wait, in a model of senders and a shard: who waits for answers
// shall hardly be slowed, and what nobody waits for shall cost little more than with the best of
// them.

#include "core/gather_trials.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using absl::Microseconds;

constexpr std::array<absl::Duration, GatherTrials::kLevels> kWaits = {
    Microseconds(0), Microseconds(17), Microseconds(50), Microseconds(150)};

// Datagrams under way between a shard and its senders. One that the shard has relayed comes again
// after the round trip, but the senders manage only so many in a time.
struct Senders {
  int under_way;
  absl::Duration round_trip;
  absl::Duration each;  // of the senders' time
};

// What a turn costs, and each datagram in it.
constexpr absl::Duration kTurnCost = Microseconds(10);
constexpr absl::Duration kDatagramCost = absl::Nanoseconds(1200);

struct Result {
  double per_second = 0;
  double cost = 0;  // µs of CPU per datagram
};

class Model {
 public:
  explicit Model(Senders senders)
      : senders_(senders), arrivals_(static_cast<size_t>(senders.under_way), absl::UnixEpoch()) {}

  // One turn with this wait: how many came.
  int Turn(absl::Duration wait) {
    now_ = std::max(now_ + wait, arrivals_.front());
    int count = 0;
    while (!arrivals_.empty() && arrivals_.front() <= now_) {
      arrivals_.pop_front();
      ++count;
    }
    now_ += kTurnCost;
    for (int i = 0; i < count; ++i) {
      now_ += kDatagramCost;
      sent_ = std::max(sent_ + senders_.each, now_);
      arrivals_.push_back(sent_ + senders_.round_trip);
    }
    relayed_ += count;
    spent_ += kTurnCost + count * kDatagramCost;
    return count;
  }
  void Change(Senders senders) {
    senders_ = senders;
    arrivals_.assign(static_cast<size_t>(senders.under_way), now_);
  }
  void Forget() {
    relayed_ = 0;
    spent_ = absl::ZeroDuration();
    began_ = now_;
  }

  absl::Time now() const { return now_; }
  Result result() const {
    return {relayed_ / absl::ToDoubleSeconds(now_ - began_),
            absl::ToDoubleMicroseconds(spent_) / relayed_};
  }

 private:
  Senders senders_;
  std::deque<absl::Time> arrivals_;
  absl::Time now_ = absl::UnixEpoch();
  absl::Time sent_ = now_;
  absl::Time began_ = now_;
  int relayed_ = 0;
  absl::Duration spent_;
};

void RunFor(Model& model, GatherTrials& trials, absl::Duration time) {
  const absl::Time until = model.now() + time;
  absl::Time last = model.now();
  while (model.now() < until) {
    const int count = model.Turn(kWaits[static_cast<size_t>(trials.level())]);
    trials.Came(static_cast<uint64_t>(count), model.now() - last);
    last = model.now();
  }
}

Result WithTrials(Senders senders) {
  Model model(senders);
  GatherTrials trials;
  RunFor(model, trials, absl::Milliseconds(500));
  model.Forget();
  RunFor(model, trials, absl::Seconds(5));
  return model.result();
}

Result WithFixed(Senders senders, absl::Duration wait) {
  Model model(senders);
  while (model.now() < absl::UnixEpoch() + absl::Seconds(1)) model.Turn(wait);
  return model.result();
}

void ExpectNearTheBest(Senders senders) {
  const Result found = WithTrials(senders);
  double most = 0;
  for (const absl::Duration wait : kWaits)
    most = std::max(most, WithFixed(senders, wait).per_second);
  double least_cost = 1e9;
  for (const absl::Duration wait : kWaits) {
    const Result fixed = WithFixed(senders, wait);
    // A little more than is borne, since one may be found right at the border.
    if (fixed.per_second >= most * (GatherTrials::kBorne + 0.03))
      least_cost = std::min(least_cost, fixed.cost);
  }
  EXPECT_GE(found.per_second, most * (GatherTrials::kBorne - 0.08));
  EXPECT_LE(found.cost, least_cost * 1.1);
}

TEST(GatherTrialsTest, SlowsNobodyWhoWaitsForAnswers) {
  for (const int under_way : {2, 4, 8, 16}) {
    SCOPED_TRACE(under_way);
    ExpectNearTheBest({under_way, Microseconds(5), absl::Nanoseconds(100)});
    ExpectNearTheBest({under_way, Microseconds(100), absl::Nanoseconds(100)});
  }
}

TEST(GatherTrialsTest, WaitsLongestWhereMoreIsUnderWayThanTheSendersManage) {
  const Senders senders = {256, Microseconds(20), Microseconds(4)};
  ExpectNearTheBest(senders);
  EXPECT_LT(WithTrials(senders).cost, WithFixed(senders, kWaits[2]).cost);
}

TEST(GatherTrialsTest, FindsItsWayWhenTheSendersChange) {
  const Senders many = {256, Microseconds(20), Microseconds(4)};
  const Senders few = {4, Microseconds(5), absl::Nanoseconds(100)};
  Model model(many);
  GatherTrials trials;
  RunFor(model, trials, absl::Seconds(5));
  model.Change(few);
  RunFor(model, trials, absl::Seconds(3));
  model.Forget();
  RunFor(model, trials, absl::Seconds(1));
  EXPECT_GE(model.result().per_second, 0.85 * WithFixed(few, kWaits[0]).per_second);
  model.Change(many);
  RunFor(model, trials, absl::Seconds(3));
  model.Forget();
  RunFor(model, trials, absl::Seconds(1));
  EXPECT_LE(model.result().cost, 1.1 * WithFixed(many, kWaits[3]).cost);
}

// --- One trial, by hand

void PlayRound(GatherTrials& trials, uint64_t amount, absl::Duration after = Microseconds(10)) {
  for (int turn = 0; turn < GatherTrials::kRoundTurns; ++turn) trials.Came(amount, after);
}

TEST(GatherTrialsTest, EachOtherLevelIsTriedInTurn) {
  GatherTrials trials;
  std::array<bool, GatherTrials::kLevels> tried = {};
  for (int turn = 0; turn < 100'000; ++turn) {
    tried[static_cast<size_t>(trials.level())] = true;
    // Level 2 is the only one at which anything comes.
    trials.Came(trials.level() == GatherTrials::kFirstLevel ? 100 : 1, Microseconds(10));
  }
  EXPECT_EQ(tried, (std::array<bool, GatherTrials::kLevels>{true, true, true, true}));
}

// Until the first trial begins, which is of the longest wait against the first.
void BeginTrial(GatherTrials& trials) {
  for (int turn = 0; turn < GatherTrials::kRestTurnsMin; ++turn) trials.Came(100, Microseconds(10));
  ASSERT_EQ(trials.level(), GatherTrials::kFirstLevel);
}

TEST(GatherTrialsTest, OneRoundThatStallsDecidesNothing) {
  GatherTrials trials;
  BeginTrial(trials);
  for (int pair = 0; pair < 4; ++pair) {
    PlayRound(trials, 100);  // the shorter wait
    // the longer one, which the host holds up once
    PlayRound(trials, 100, pair == 0 ? Microseconds(1000) : Microseconds(10));
  }
  EXPECT_EQ(trials.level(), GatherTrials::kLevels - 1);
}

TEST(GatherTrialsTest, PausesOfTheSendersAreNotHeldAgainstAWait) {
  GatherTrials trials;
  BeginTrial(trials);
  for (int pair = 0; pair < GatherTrials::kPairsToWin; ++pair) {
    PlayRound(trials, 100);
    for (int turn = 0; turn < GatherTrials::kRoundTurns; ++turn)
      trials.Came(100, turn % 2 ? absl::Seconds(1) : Microseconds(10));
  }
  EXPECT_EQ(trials.level(), GatherTrials::kLevels - 1);
}

TEST(GatherTrialsTest, WhatLastsIsTriedLessOften) {
  GatherTrials trials;
  int trying = 0;
  for (int turn = 0; turn < 50'000; ++turn) {
    trials.Came(trials.level() == 2 ? 100 : 50, Microseconds(10));
    if (turn >= 25'000) trying += trials.level() != 2;
  }
  EXPECT_EQ(trials.level(), 2);
  EXPECT_GT(trying, 0);
  EXPECT_LT(trying, 25'000 / 20);
}

TEST(GatherTrialsTest, OneChangeIsSoonFollowedByTheNext) {
  // From different places in the order of trials, of which not each finds the way at once.
  for (const int before : {50'000, 55'000, 60'000}) {
    GatherTrials trials;
    for (int turn = 0; turn < before; ++turn)
      trials.Came(trials.level() == GatherTrials::kFirstLevel ? 100 : 50, Microseconds(10));
    int at_none = 0;
    for (int turn = 0; turn < 6'000; ++turn) {
      trials.Came(trials.level() == 0 ? 100 : 50, Microseconds(10));
      if (turn >= 5'000) at_none += trials.level() == 0;
    }
    EXPECT_GT(at_none, 700);
  }
}

}  // namespace
}  // namespace sluice
