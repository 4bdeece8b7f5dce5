#include "core/timer_wheel.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "core/limits.h"
#include "core/prng.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);

// A timer that remembers when it fired.
struct Alarm {
  Alarm() { timer.Bind<&Alarm::OnFire>(this); }
  void OnFire() {
    ++fired;
    if (on_fire) on_fire();
  }
  Timer timer;
  int fired = 0;
  std::function<void()> on_fire;
};

TEST(TimerWheel, NothingSetNeedsNoTurn) {
  TimerWheel wheel(kStart);
  EXPECT_EQ(wheel.NextDeadline(), absl::InfiniteFuture());
}

TEST(TimerWheel, FiresAtItsDeadlineAndNotBefore) {
  for (const absl::Duration after : {absl::Milliseconds(10), absl::Milliseconds(633), absl::Seconds(41), absl::Hours(1), absl::Hours(100)}) {
    TimerWheel wheel(kStart);
    Alarm alarm;
    wheel.Set(alarm.timer, kStart + after);
    absl::Time now = kStart;
    while (alarm.fired == 0) {
      ASSERT_GT(wheel.NextDeadline(), now) << after;
      now = wheel.NextDeadline();
      wheel.Advance(now);
    }
    EXPECT_GE(now, kStart + after);
    EXPECT_LT(now, kStart + after + limits::kTimerTick) << after;
    EXPECT_FALSE(alarm.timer.set());
    EXPECT_EQ(wheel.NextDeadline(), absl::InfiniteFuture());
  }
}

TEST(TimerWheel, ADeadlineInThePastFiresAtTheNextTick) {
  TimerWheel wheel(kStart);
  Alarm alarm;
  wheel.Set(alarm.timer, kStart - absl::Hours(1));
  wheel.Advance(kStart + limits::kTimerTick);
  EXPECT_EQ(alarm.fired, 1);
}

TEST(TimerWheel, ATimerMaySetItselfAgainAndCancelOthersWhileItFires) {
  TimerWheel wheel(kStart);
  Alarm first;
  Alarm second;
  const absl::Time due = kStart + absl::Seconds(1);
  first.on_fire = [&] {
    wheel.Cancel(second.timer);
    if (first.fired == 1) wheel.Set(first.timer, due);
  };
  wheel.Set(first.timer, due);
  wheel.Set(second.timer, due);
  wheel.Advance(due);
  EXPECT_EQ(first.fired, 1);
  wheel.Advance(due + limits::kTimerTick);
  EXPECT_EQ(first.fired, 2);
  EXPECT_EQ(second.fired, 0);
}

TEST(TimerWheel, ADestroyedTimerNeverFires) {
  TimerWheel wheel(kStart);
  auto alarm = std::make_unique<Alarm>();
  wheel.Set(alarm->timer, kStart + absl::Seconds(1));
  alarm.reset();
  wheel.Advance(kStart + absl::Seconds(2));
}

// The slow twin: deadlines in a map, by tick.
TEST(TimerWheel, FiresWhatAnOrderedMapFires) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Prng prng(seed);
    TimerWheel wheel(kStart);
    std::vector<std::unique_ptr<Alarm>> alarms;
    std::vector<absl::Time> due(40, absl::InfiniteFuture());
    for (size_t i = 0; i < due.size(); ++i) alarms.push_back(std::make_unique<Alarm>());
    absl::Time now = kStart;
    for (int step = 0; step < 400; ++step) {
      const size_t i = prng.Below(due.size());
      const uint64_t spread = uint64_t{1} << prng.Below(36);
      if (prng.OneIn(4)) {
        wheel.Cancel(alarms[i]->timer);
        due[i] = absl::InfiniteFuture();
      } else {
        due[i] = now + absl::Microseconds(static_cast<int64_t>(prng.Below(spread)));
        wheel.Set(alarms[i]->timer, due[i]);
      }
      if (!prng.OneIn(3)) continue;
      // Either straight to where the wheel wants to be woken, or past it.
      const absl::Time wanted = wheel.NextDeadline();
      const bool exact = prng.OneIn(2) && wanted != absl::InfiniteFuture();
      now = exact ? std::max(now, wanted) : now + absl::Microseconds(static_cast<int64_t>(prng.Below(spread)));
      std::vector<int> before;
      for (auto& alarm : alarms) before.push_back(alarm->fired);
      wheel.Advance(now);
      for (size_t k = 0; k < due.size(); ++k) {
        const bool fired = alarms[k]->fired != before[k];
        // Never before its time; surely once a whole tick has passed.
        ASSERT_TRUE(!fired || due[k] <= now) << "too early: seed " << seed << " step " << step;
        ASSERT_TRUE(fired || due[k] + 2 * limits::kTimerTick > now) << "too late: seed " << seed << " step " << step;
        ASSERT_LE(alarms[k]->fired - before[k], 1);
        if (fired) due[k] = absl::InfiniteFuture();
      }
      absl::Time earliest = absl::InfiniteFuture();
      for (const absl::Time at : due) earliest = std::min(earliest, at);
      ASSERT_LE(wheel.NextDeadline(), std::max(earliest, now) + 2 * limits::kTimerTick) << "seed " << seed << " step " << step;
    }
  }
}

}  // namespace
}  // namespace sluice
