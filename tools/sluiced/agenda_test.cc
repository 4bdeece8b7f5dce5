#include "tools/sluiced/agenda.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

// A machine's two clocks, and what may happen to them.
class Clocks {
 public:
  const Moment& now() const { return now_; }
  void Run(absl::Duration time) {
    now_.wall += time;
    now_.running += time;
    now_.booted += time;
  }
  void Set(absl::Duration forward) { now_.wall += forward; }
  void Suspend(absl::Duration time) {
    now_.wall += time;
    now_.booted += time;
  }

 private:
  Moment now_{absl::FromUnixSeconds(1'800'000'000), absl::FromUnixSeconds(5000),
              absl::FromUnixSeconds(7000)};
};

constexpr absl::Duration kMinute = absl::Minutes(1);

TEST(AgendaTest, NothingToDoIsLookedAtOnceAMinute) {
  const Clocks clocks;
  EXPECT_EQ(Agenda().Wait(clocks.now(), absl::InfiniteFuture()), kMinute);
  EXPECT_EQ(Agenda().Wait(clocks.now(), clocks.now().wall + absl::Hours(3)), kMinute);
}

TEST(AgendaTest, RuleExpiresByTheWallClock) {
  Clocks clocks;
  const absl::Time expiry = clocks.now().wall + absl::Seconds(20);
  EXPECT_EQ(Agenda().Wait(clocks.now(), expiry), absl::Seconds(20));
  clocks.Run(absl::Seconds(15));
  EXPECT_EQ(Agenda().Wait(clocks.now(), expiry), absl::Seconds(5));
  clocks.Run(absl::Seconds(15));
  EXPECT_EQ(Agenda().Wait(clocks.now(), expiry), absl::ZeroDuration());
  EXPECT_EQ(Agenda().Wait(clocks.now(), absl::InfinitePast()), absl::ZeroDuration());
}

// The clock is set, or the machine sleeps, just after the thread has begun to wait.
TEST(AgendaTest, ClockThatJumpsOverAnExpiryIsNoticedWithinAMinute) {
  for (const auto jump : {&Clocks::Set, &Clocks::Suspend}) {
    Clocks clocks;
    const absl::Time expiry = clocks.now().wall + absl::Hours(2);
    const absl::Duration wait = Agenda().Wait(clocks.now(), expiry);
    (clocks.*jump)(absl::Hours(3));
    EXPECT_LE(wait, kMinute);
    clocks.Run(wait);
    EXPECT_EQ(Agenda().Wait(clocks.now(), expiry), absl::ZeroDuration());
  }
}

TEST(AgendaTest, DrainTakesAsLongAsItMayWhateverTheWallClockSays) {
  for (const absl::Duration jump : {-absl::Hours(1), absl::ZeroDuration(), absl::Hours(1)}) {
    Clocks clocks;
    Agenda agenda;
    EXPECT_FALSE(agenda.TakeDrained(clocks.now()));
    agenda.Drain(clocks.now(), absl::Seconds(4));
    clocks.Run(absl::Seconds(3));
    clocks.Set(jump);
    EXPECT_FALSE(agenda.TakeDrained(clocks.now()));
    EXPECT_EQ(agenda.Wait(clocks.now(), absl::InfiniteFuture()), absl::Seconds(1));
    clocks.Run(absl::Seconds(1));
    EXPECT_TRUE(agenda.TakeDrained(clocks.now()));
    EXPECT_FALSE(agenda.TakeDrained(clocks.now())) << "once";
    EXPECT_EQ(agenda.Wait(clocks.now(), absl::InfiniteFuture()), kMinute);
  }
}

TEST(AgendaTest, MemoryIsGivenBackAWhileAfterTheLastReload) {
  Clocks clocks;
  Agenda agenda;
  agenda.TrimAfter(clocks.now(), absl::Seconds(2));
  clocks.Run(absl::Seconds(1));
  EXPECT_FALSE(agenda.trim_is_due(clocks.now()));
  agenda.TrimAfter(clocks.now(), absl::Seconds(2));
  clocks.Set(-absl::Hours(1));
  EXPECT_EQ(agenda.Wait(clocks.now(), absl::InfiniteFuture()), absl::Seconds(2));
  clocks.Run(absl::Seconds(2));
  EXPECT_TRUE(agenda.trim_is_due(clocks.now()));
  agenda.Trimmed();
  EXPECT_FALSE(agenda.trim_is_due(clocks.now()));
}

TEST(AgendaTest, MomentsAreOfClocksThatGo) {
  const Moment before = Moment::Now();
  const Moment after = Moment::Now();
  EXPECT_GE(after.running, before.running);
  EXPECT_GT(after.wall, absl::FromUnixSeconds(1'700'000'000));
}

TEST(AgendaTest, CountsAreSavedOnceEachTime) {
  Clocks clocks;
  Agenda agenda;
  EXPECT_FALSE(agenda.TakeCounts(clocks.now()));
  agenda.SaveCountsAfter(clocks.now(), absl::Seconds(20));
  EXPECT_EQ(agenda.Wait(clocks.now(), absl::InfiniteFuture()), absl::Seconds(20));
  clocks.Run(absl::Seconds(20));
  EXPECT_TRUE(agenda.TakeCounts(clocks.now()));
  EXPECT_FALSE(agenda.TakeCounts(clocks.now()));
}

// Neither a clock that is set nor a machine that sleeps gives a change more time, or less.
TEST(AgendaTest, AChangeHasToBeConfirmedInTimeThatAlsoPassesWhileTheMachineSleeps) {
  Clocks clocks;
  Agenda agenda;
  EXPECT_FALSE(agenda.confirm_is_due(clocks.now()));
  agenda.ConfirmWithin(clocks.now(), absl::Seconds(30));
  EXPECT_EQ(agenda.Wait(clocks.now(), absl::InfiniteFuture()), absl::Seconds(30));
  clocks.Set(absl::Hours(5));
  EXPECT_FALSE(agenda.confirm_is_due(clocks.now()));
  clocks.Run(absl::Seconds(10));
  EXPECT_EQ(agenda.confirm_left(clocks.now()), absl::Seconds(20));
  agenda.ExtendConfirm(absl::Seconds(40));
  clocks.Suspend(absl::Seconds(59));
  EXPECT_FALSE(agenda.confirm_is_due(clocks.now()));
  clocks.Run(absl::Seconds(1));
  EXPECT_TRUE(agenda.confirm_is_due(clocks.now()));
  EXPECT_EQ(agenda.Wait(clocks.now(), absl::InfiniteFuture()), absl::ZeroDuration());
  agenda.Confirmed();
  EXPECT_FALSE(agenda.confirm_is_due(clocks.now()));
}

}  // namespace
}  // namespace sluice
