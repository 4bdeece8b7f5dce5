// Traps for sessions, and what is told of those that they take.

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relay/trace.h"
#include "tests/sim/gateway_stage.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = TraceStep::Kind;

constexpr std::string_view kRules =
    "[[rule]]\nname = \"no\"\nverdict = \"deny\"\ndestination_ports = [\"9\"]\n"
    "[[rule]]\nname = \"all\"\nverdict = \"allow\"\n";

class TracesSimTest : public ::testing::Test {
 protected:
  TracesSimTest() { stage_.Configure(kRules); }
  void TearDown() override {
    Ask(SessionOrder::SetTraceDesk(nullptr));
    EXPECT_THAT(stage_.End(), IsEmpty());
  }

  std::shared_ptr<SessionOrder> Ask(SessionOrder order) {
    auto asked = std::make_shared<SessionOrder>(std::move(order));
    stage_.gateway().gateway().shards()[0]->Ask(asked);
    EXPECT_TRUE(stage_.Await([&] { return asked->answered(); }));
    return asked;
  }
  void Arm(std::string_view filter, int sessions) {
    trap_ = std::make_shared<TraceTrap>(*SessionFilter::Parse(filter), sessions);
    auto desk = std::make_unique<TraceDesk>(trap_);
    Ask(SessionOrder::SetTraceDesk(desk.get()));
    desk_ = std::move(desk);
  }
  std::vector<TracedSession> Caught() {
    const auto order = Ask(SessionOrder::ListTraces());
    return {order->traced().begin(), order->traced().end()};
  }
  std::vector<TraceStep> StepsOf(uint64_t session) {
    const auto order = Ask(SessionOrder::ReadTrace(session));
    return {order->steps().begin(), order->steps().end()};
  }
  static std::vector<Kind> KindsOf(const std::vector<TraceStep>& steps) {
    std::vector<Kind> kinds;
    for (const TraceStep& step : steps) {
      if (step.kind != Kind::kWaits) kinds.push_back(step.kind);
    }
    return kinds;
  }
  // SOCKS5, CONNECT to 203.0.113.1.
  Talker& Request(char port) {
    Talker& client = stage_.Client();
    client.Say(std::string("\5\1\0\5\1\0\1\xcb\0\x71\1\0", 12) + port);
    EXPECT_TRUE(stage_.AwaitBytes(client, 12));
    return client;
  }
  SimListener& Listen() {
    return stage_.Listen(stage_.Peer(1), Endpoint{*Address::Parse("203.0.113.1"), 7});
  }

  GatewayStage stage_;
  std::shared_ptr<TraceTrap> trap_;
  std::unique_ptr<TraceDesk> desk_;
};

TEST_F(TracesSimTest, ATunnelIsToldFromItsFirstStepToItsLast) {
  Arm("", 1);
  Listen();
  Request(7).SayFin();
  const std::vector<TracedSession> caught = Caught();
  ASSERT_THAT(caught, SizeIs(1));
  std::vector<TraceStep> steps = StepsOf(caught[0].session);
  ASSERT_GE(steps.size(), 8u);
  EXPECT_EQ(steps[0].kind, Kind::kAccepted);
  EXPECT_EQ(steps[0].at, caught[0].client);
  const auto find = [&](Kind kind) -> const TraceStep& {
    for (const TraceStep& step : steps) {
      if (step.kind == kind) return step;
    }
    ADD_FAILURE() << "no step of kind " << static_cast<int>(kind);
    return steps[0];
  };
  EXPECT_EQ(find(Kind::kRequest).at.ToString(), "203.0.113.1:7");
  EXPECT_EQ(find(Kind::kDecision).text.view(), "all");
  EXPECT_EQ(find(Kind::kDial).at.ToString(), "203.0.113.1:7");
  EXPECT_EQ(find(Kind::kConnected).at.ToString(), "203.0.113.1:7");
  EXPECT_EQ(find(Kind::kReply).word, 0);
  for (size_t i = 1; i < steps.size(); ++i) EXPECT_GE(steps[i].since, steps[i - 1].since);

  stage_.gateway().gateway().Stop();
  ASSERT_TRUE(stage_.Await([&] { return !stage_.gateway().records().empty(); }));
  const TracedSession* traced = desk_->Find(caught[0].session);
  ASSERT_NE(traced, nullptr);
  EXPECT_TRUE(traced->ended);
  const TraceStep& last = desk_->StepsOf(caught[0].session)[traced->count - 1];
  EXPECT_EQ(last.kind, Kind::kEnd);
  EXPECT_EQ(last.text.view(), "the gateway is stopping");
}

TEST_F(TracesSimTest, ARefusalTellsTheRuleAndADialThatFailsItsErrno) {
  Arm("", 2);
  Request(9);
  Request(7);  // nobody is there
  std::vector<TracedSession> caught = Caught();
  ASSERT_THAT(caught, SizeIs(2));
  std::vector<TraceStep> steps = StepsOf(caught[0].session);
  EXPECT_THAT(KindsOf(steps), ElementsAre(Kind::kAccepted, Kind::kUser, Kind::kRequest,
                                          Kind::kDecision, Kind::kReply));
  EXPECT_EQ(steps[3].text.view(), "no");
  steps = StepsOf(caught[1].session);
  EXPECT_THAT(KindsOf(steps),
              ElementsAre(Kind::kAccepted, Kind::kUser, Kind::kRequest, Kind::kDecision,
                          Kind::kDial, Kind::kDialFailed, Kind::kReply));
  for (const TraceStep& step : steps) {
    if (step.kind == Kind::kDialFailed) {
      EXPECT_EQ(step.number, EHOSTUNREACH);
    }
  }
}

TEST_F(TracesSimTest, ATrapTakesAsManyAsItSaysOfThoseThatMatch) {
  Arm("rule=no", 2);
  for (int i = 0; i < 3; ++i) {
    Request(7);
    Request(9);
  }
  const std::vector<TracedSession> caught = Caught();
  ASSERT_THAT(caught, SizeIs(2));
  EXPECT_THAT(StepsOf(caught[0].session)[3].text.view(), "no");
  EXPECT_EQ(trap_->left, 0);
  // Nothing is left of those that did not match.
  EXPECT_THAT(StepsOf(1), IsEmpty());
}

TEST_F(TracesSimTest, AnotherClientIsNotEvenLookedAt) {
  Arm("client=192.0.2.250", 1);
  for (size_t i = 0; i < kTracePlaces + 2; ++i) stage_.Client();
  ASSERT_TRUE(stage_.Await(
      [&] { return stage_.gateway().sessions_open() == static_cast<int>(kTracePlaces) + 2; }));
  EXPECT_EQ(trap_->missed, 0u);
}

TEST_F(TracesSimTest, WhereEveryPlaceIsTakenTheRestIsCountedAndServed) {
  Arm("", 32);
  for (size_t i = 0; i < kTracePlaces + 2; ++i) stage_.Client();
  ASSERT_TRUE(stage_.Await(
      [&] { return stage_.gateway().sessions_open() == static_cast<int>(kTracePlaces) + 2; }));
  EXPECT_EQ(trap_->missed, 2u);
  Request(9);
}

TEST_F(TracesSimTest, AClientThatNeverAsksIsCaughtAtItsEnd) {
  Arm("", 1);
  Talker& client = stage_.Client();
  client.Say("\5");
  client.SayFin();
  ASSERT_TRUE(stage_.Await([&] { return !stage_.gateway().records().empty(); }));
  const std::vector<TracedSession> caught = Caught();
  ASSERT_THAT(caught, SizeIs(1));
  EXPECT_TRUE(caught[0].ended);
  EXPECT_EQ(StepsOf(caught[0].session).back().kind, Kind::kEnd);
}

TEST_F(TracesSimTest, ALiveSessionIsToldFromNowOn) {
  Listen();
  Talker& client = Request(7);
  Arm("", 0);
  const auto listed = Ask(SessionOrder::List(0));
  ASSERT_THAT(listed->sessions(), SizeIs(1));
  EXPECT_TRUE(Ask(SessionOrder::Trace(listed->sessions()[0].place))->done);
  client.SayFin();
  ASSERT_TRUE(stage_.Await([&] { return StepsOf(Caught()[0].session).size() >= 2; }));
  EXPECT_THAT(KindsOf(StepsOf(Caught()[0].session)),
              ElementsAre(Kind::kWatched, Kind::kHalfClosed));
}

TEST_F(TracesSimTest, ADeskThatIsTakenAwayIsNotMissed) {
  Arm("", 4);
  Listen();
  Talker& client = Request(7);
  Ask(SessionOrder::SetTraceDesk(nullptr));
  desk_ = nullptr;
  client.SayFin();
  EXPECT_THAT(Caught(), IsEmpty());
  Request(9);
}

}  // namespace
}  // namespace sluice
