#include "relay/sink_watch.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Finding = SinkWatch::Finding;

constexpr absl::Duration kInterval = absl::Seconds(10);
constexpr SinkWatch::Patience kPatience{absl::Minutes(5), absl::Seconds(90)};

class SinkWatchTest : public ::testing::Test {
 protected:
  // The next look, an interval after the last one.
  Finding Look(const Uptake& uptake, const SinkWatch::Patience& patience = kPatience) {
    now_ += kInterval;
    return watch_.Look(uptake, now_, patience);
  }
  // Looks again and again until something else is found than that it flows, and how much later.
  absl::Duration LookUntilFound(const Uptake& first, Finding expected) {
    const absl::Time began = now_;
    Uptake uptake = first;
    while (now_ < began + absl::Hours(1)) {
      const Finding found = Look(uptake);
      if (uptake.unanswered > absl::ZeroDuration()) uptake.unanswered += kInterval;
      if (found == Finding::kFlows) continue;
      EXPECT_EQ(found, expected);
      return now_ - began;
    }
    return absl::InfiniteDuration();
  }

  SinkWatch watch_;
  absl::Time now_ = absl::FromUnixSeconds(1'000'000);
};

TEST_F(SinkWatchTest, WhoOwesNothingIsFineForEver) {
  EXPECT_EQ(LookUntilFound({.acknowledged = 7, .waiting = false}, Finding::kFlows),
            absl::InfiniteDuration());
}

TEST_F(SinkWatchTest, WhoAnswersAndTakesNothingHasStalledWhenItsTimeIsOver) {
  const absl::Duration after =
      LookUntilFound({.acknowledged = 7, .waiting = true}, Finding::kStalled);
  EXPECT_GE(after, kPatience.stalled);
  EXPECT_LE(after, kPatience.stalled + 2 * kInterval);
}

TEST_F(SinkWatchTest, WhoTakesAByteNowAndThenIsSlowAndNotStalled) {
  for (uint32_t taken = 0; taken < 100; ++taken) {
    for (int i = 0; i < 28; ++i) {
      ASSERT_EQ(Look({.acknowledged = taken, .waiting = true}), Finding::kFlows);
    }
  }
}

TEST_F(SinkWatchTest, WhoDoesNotAnswerIsGoneLongBefore) {
  const absl::Duration after = LookUntilFound(
      {.acknowledged = 7, .waiting = true, .unanswered = absl::Seconds(1)}, Finding::kGone);
  EXPECT_GE(after, kPatience.unacknowledged);
  EXPECT_LE(after, kPatience.unacknowledged + 2 * kInterval);
}

// Linux asks a closed window less and less often, at last every two minutes: the question may just
// be on its way.
TEST_F(SinkWatchTest, AnswerThatIsOnItsWayIsWaitedFor) {
  for (int i = 0; i < 15; ++i) ASSERT_EQ(Look({.waiting = true}), Finding::kFlows);
  EXPECT_EQ(Look({.waiting = true, .unanswered = absl::Seconds(102)}), Finding::kFlows);
  EXPECT_EQ(Look({.waiting = true}), Finding::kFlows);
  EXPECT_EQ(Look({.waiting = true, .unanswered = absl::Seconds(102)}), Finding::kFlows);
  EXPECT_EQ(Look({.waiting = true, .unanswered = absl::Seconds(112)}), Finding::kGone);
}

// After a long silence the first byte is lost: that says nothing of the time before.
TEST_F(SinkWatchTest, SilenceBeforeAnythingWasAskedDoesNotCount) {
  EXPECT_EQ(Look({.waiting = false}), Finding::kFlows);
  EXPECT_EQ(Look({.waiting = true, .unanswered = absl::Hours(1)}), Finding::kFlows);
  EXPECT_EQ(Look({.waiting = true, .unanswered = absl::Hours(1)}), Finding::kFlows);
}

// With keepalive it has been asked before: it vanished while nothing moved.
TEST_F(SinkWatchTest, SilenceThatKeepaliveHasAskedAboutCounts) {
  const SinkWatch::Patience patience{absl::Minutes(5), absl::Seconds(90), absl::Seconds(90)};
  EXPECT_EQ(Look({.waiting = false}, patience), Finding::kFlows);
  EXPECT_EQ(Look({.waiting = true, .unanswered = absl::Seconds(80)}, patience), Finding::kFlows);
  EXPECT_EQ(Look({.waiting = true, .unanswered = absl::Seconds(90)}, patience), Finding::kGone);
}

TEST_F(SinkWatchTest, WithoutATimeOutNobodyIsGone) {
  const SinkWatch::Patience endless{absl::Hours(2), absl::ZeroDuration()};
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(Look({.waiting = true, .unanswered = absl::Hours(1)}, endless), Finding::kFlows);
  }
}

}  // namespace
}  // namespace sluice
