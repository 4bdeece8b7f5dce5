#include "core/timer_wheel.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
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
  for (const absl::Duration after : {absl::Milliseconds(10), absl::Milliseconds(633),
                                     absl::Seconds(41), absl::Hours(1), absl::Hours(100)}) {
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

TEST(TimerWheel, TheClockMayStandStillOrGoBack) {
  TimerWheel wheel(kStart);
  Alarm alarm;
  wheel.Set(alarm.timer, kStart + absl::Seconds(1));
  wheel.Advance(kStart + absl::Milliseconds(990));
  wheel.Advance(kStart - absl::Hours(1));
  wheel.Advance(kStart + absl::Milliseconds(990));
  EXPECT_EQ(alarm.fired, 0);
  wheel.Advance(kStart + absl::Seconds(1));
  EXPECT_EQ(alarm.fired, 1);
}

TEST(TimerWheel, TimersFireInTheOrderOfTheirTicks) {
  TimerWheel wheel(kStart);
  std::vector<size_t> order;
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (size_t i = 0; i < 100; ++i) {
    alarms.push_back(std::make_unique<Alarm>());
    alarms.back()->on_fire = [&order, i] { order.push_back(i); };
    // 37 and 101 have no common factor, so each tick is taken once.
    wheel.Set(alarms[i]->timer,
              kStart + static_cast<int64_t>(1 + i * 37 % 101) * 100 * limits::kTimerTick);
  }
  wheel.Advance(kStart + absl::Hours(1));
  ASSERT_EQ(order.size(), alarms.size());
  for (size_t i = 1; i < order.size(); ++i) {
    EXPECT_LT(order[i - 1] * 37 % 101, order[i] * 37 % 101);
  }
}

// --- The slow twin

// A wheel without wheels: all deadlines in a map, by tick.
class SlowTimers {
 public:
  void Set(size_t timer, absl::Time deadline) {
    Cancel(timer);
    if (deadline != absl::InfiniteFuture()) due_[timer] = std::max(CeilTick(deadline), now_ + 1);
  }
  void Cancel(size_t timer) { due_.erase(timer); }
  // The timers that fire, tick by tick, through `fire`, which may set and cancel.
  void Advance(absl::Time now, const std::function<void(size_t timer)>& fire) {
    const int64_t target = absl::Floor(now - kStart, limits::kTimerTick) / limits::kTimerTick;
    for (size_t timer = Earliest(); timer < kNone && due_[timer] <= target; timer = Earliest()) {
      now_ = due_[timer];
      due_.erase(timer);
      fire(timer);
    }
    now_ = std::max(now_, target);
  }
  absl::Time NextDeadline() const {
    const size_t timer = Earliest();
    return timer == kNone ? absl::InfiniteFuture()
                          : kStart + due_.find(timer)->second * limits::kTimerTick;
  }
  bool IsSet(size_t timer) const { return due_.count(timer) > 0; }

 private:
  static constexpr size_t kNone = SIZE_MAX;
  static int64_t CeilTick(absl::Time time) {
    return absl::Ceil(time - kStart, limits::kTimerTick) / limits::kTimerTick;
  }
  size_t Earliest() const {
    size_t earliest = kNone;
    for (const auto& [timer, tick] : due_) {
      if (earliest == kNone || tick < due_.find(earliest)->second) earliest = timer;
    }
    return earliest;
  }

  int64_t now_ = 0;
  std::map<size_t, int64_t> due_;
};

// The same random schedule for the wheel and for its twin. What timers do while they fire depends
// only on the timer and on how often it has fired, so that both do the same in whatever order one
// tick's timers fire.
class Schedule {
 public:
  explicit Schedule(uint64_t seed) : prng_(seed), fired_(kTimers), slow_fired_(kTimers) {
    for (size_t i = 0; i < kTimers; ++i) {
      alarms_.push_back(std::make_unique<Alarm>());
      alarms_[i]->on_fire = [this, i] { OnFire(i); };
    }
  }

  void Step() {
    const size_t i = prng_.Below(kTimers);
    const absl::Duration wait = RandomWait(prng_);
    if (prng_.OneIn(4)) {
      wheel_.Cancel(alarms_[i]->timer);
      slow_.Cancel(i);
    } else {
      wheel_.Set(alarms_[i]->timer, now_ + wait);
      slow_.Set(i, now_ + wait);
    }
    if (prng_.OneIn(3)) Advance();
    for (size_t k = 0; k < kTimers; ++k) {
      ASSERT_EQ(alarms_[k]->timer.set(), slow_.IsSet(k)) << "timer " << k;
    }
    ASSERT_LE(wheel_.NextDeadline(), slow_.NextDeadline());
    ASSERT_EQ(wheel_.NextDeadline() == absl::InfiniteFuture(),
              slow_.NextDeadline() == absl::InfiniteFuture());
    ASSERT_TRUE(wheel_.NextDeadline() > now_);
  }

 private:
  static constexpr size_t kTimers = 40;

  static absl::Duration RandomWait(Prng& prng) {
    const uint64_t spread = uint64_t{1} << prng.Below(44);
    return absl::Microseconds(static_cast<int64_t>(prng.Below(spread)));
  }

  void Advance() {
    // Straight to where the wheel wants to be woken, or anywhere.
    const absl::Time wanted = wheel_.NextDeadline();
    const bool exact = prng_.OneIn(2) && wanted != absl::InfiniteFuture();
    now_ = exact ? std::max(now_, wanted) : now_ + RandomWait(prng_);
    wheel_.Advance(now_);
    slow_.Advance(now_, [this](size_t i) { OnSlowFire(i); });
    ASSERT_EQ(fired_, slow_fired_);
  }

  // A timer may set itself anew, a little or far ahead, whenever it fires.
  static absl::Duration Again(size_t timer, int count) {
    Prng prng(timer * 1000 + static_cast<uint64_t>(count));
    return prng.OneIn(2) ? absl::InfiniteDuration() : RandomWait(prng) + absl::Milliseconds(1);
  }
  void OnFire(size_t i) {
    const absl::Duration again = Again(i, fired_[i]++);
    wheel_.Set(alarms_[i]->timer, now_ + again);
  }
  void OnSlowFire(size_t i) {
    const absl::Duration again = Again(i, slow_fired_[i]++);
    slow_.Set(i, now_ + again);
  }

  Prng prng_;
  TimerWheel wheel_{kStart};
  SlowTimers slow_;
  absl::Time now_ = kStart;
  std::vector<std::unique_ptr<Alarm>> alarms_;
  std::vector<int> fired_;
  std::vector<int> slow_fired_;
};

TEST(TimerWheel, FiresWhatAnOrderedMapFires) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    Schedule schedule(seed);
    for (int step = 0; step < 400; ++step) {
      ASSERT_NO_FATAL_FAILURE(schedule.Step()) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace sluice
