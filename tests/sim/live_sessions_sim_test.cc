// What a shard says of its live sessions, and how it ends those that somebody else names.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relay/live_sessions.h"
#include "relay/now_refused.h"
#include "tests/sim/gateway_stage.h"

namespace sluice {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kAll = "[[rule]]\nname = \"all\"\nverdict = \"allow\"\n";

class LiveSessionsSimTest : public ::testing::Test {
 protected:
  LiveSessionsSimTest() { stage_.Configure(kAll); }
  void TearDown() override { EXPECT_THAT(stage_.End(), IsEmpty()); }

  std::shared_ptr<SessionOrder> Ask(SessionOrder order) {
    auto asked = std::make_shared<SessionOrder>(std::move(order));
    stage_.gateway().gateway().shards()[0]->Ask(asked);
    EXPECT_TRUE(stage_.Await([&] { return asked->answered(); }));
    return asked;
  }
  std::vector<LiveSession> List() {
    std::vector<LiveSession> all;
    for (uint32_t from = 0;;) {
      const auto page = Ask(SessionOrder::List(from));
      all.insert(all.end(), page->sessions().begin(), page->sessions().end());
      if (page->last) return all;
      from = page->next;
    }
  }
  size_t End(const LiveSession& session) {
    return Ask(SessionOrder::End({session.place}, EndedBy::kOperator, "ended by an operator"))
        ->ended;
  }
  // A request of SOCKS5 to 203.0.113.1, port 7.
  Talker& Request(char command) {
    Talker& client = stage_.Client();
    client.Say(std::string("\5\1\0\5", 4) + command + std::string("\0\1\xcb\0\x71\1\0\7", 8));
    EXPECT_TRUE(stage_.AwaitBytes(client, 12));
    return client;
  }
  Talker& OpenTunnel() {
    if (listener_ == nullptr)
      listener_ = &stage_.Listen(stage_.Peer(1), Endpoint{*Address::Parse("203.0.113.1"), 7});
    Talker& client = Request(1);
    EXPECT_TRUE(stage_.Await([&] { return listener_->has_waiting(); }));
    target_ = &stage_.Accept(*listener_);
    return client;
  }

  GatewayStage stage_;
  SimListener* listener_ = nullptr;
  Talker* target_ = nullptr;
};

TEST_F(LiveSessionsSimTest, ATunnelIsListedWithWhatItHasDone) {
  Talker& client = OpenTunnel();
  client.Say("four");
  target_->Say("sevenup");
  ASSERT_TRUE(stage_.AwaitBytes(*target_, 4));
  ASSERT_TRUE(stage_.AwaitBytes(client, 12 + 7));
  const std::vector<LiveSession> all = List();
  ASSERT_THAT(all, SizeIs(1));
  const AccessRecord& record = all[0].record;
  EXPECT_EQ(record.state, SessionState::kRelay);
  EXPECT_EQ(record.ended_by, EndedBy::kNobody);
  EXPECT_EQ(record.client, client.socket().local());
  EXPECT_EQ(record.target.ToString(), "203.0.113.1:7");
  EXPECT_EQ(record.rule.view(), "all");
  EXPECT_EQ(record.bytes_up, 4u);
  EXPECT_EQ(record.bytes_down, 7u);
}

TEST_F(LiveSessionsSimTest, APageHasABoundAndAllPagesHaveAll) {
  for (int i = 0; i < 150; ++i) stage_.Client();
  ASSERT_TRUE(stage_.Await([&] { return stage_.gateway().sessions_open() == 150; }));
  EXPECT_THAT(Ask(SessionOrder::List(0))->sessions(), SizeIs(limits::kSessionsListed));
  EXPECT_THAT(List(), SizeIs(150));
}

TEST_F(LiveSessionsSimTest, ATunnelIsEndedWithAReasonAndAResetToBothSides) {
  Talker& client = OpenTunnel();
  EXPECT_EQ(End(List()[0]), 1u);
  EXPECT_TRUE(stage_.Await([&] { return client.reset() && target_->reset(); }));
  ASSERT_THAT(stage_.gateway().records(), SizeIs(1));
  EXPECT_EQ(stage_.gateway().records()[0].ended_by, EndedBy::kOperator);
  EXPECT_EQ(stage_.gateway().records()[0].state, SessionState::kRelay);
  EXPECT_EQ(stage_.gateway().records()[0].why, "ended by an operator");
  EXPECT_THAT(List(), IsEmpty());
}

TEST_F(LiveSessionsSimTest, EveryKindOfSessionCanBeEnded) {
  stage_.Client();                                // says nothing
  stage_.Client().Say(std::string("\5\1\0", 3));  // stops in the middle
  Request(2);                                     // a BIND that waits
  Request(3);                                     // an association
  OpenTunnel().SayFin();
  ASSERT_TRUE(stage_.Await([&] { return target_->fin(); }));
  const std::vector<LiveSession> all = List();
  EXPECT_THAT(all, SizeIs(5));
  for (const LiveSession& session : all) EXPECT_EQ(End(session), 1u);
  EXPECT_TRUE(stage_.AwaitQuiet());
  for (const AccessRecord& record : stage_.gateway().records())
    EXPECT_EQ(record.ended_by, EndedBy::kOperator) << static_cast<int>(record.state);
}

TEST_F(LiveSessionsSimTest, WhoseFailureIsBeingDeliveredEndsForTheFirstReason) {
  Talker& client = stage_.Client();  // nobody listens there
  client.Say(std::string("\5\1\0\5\1\0\1\xcb\0\x71\1\0\7", 13));
  ASSERT_TRUE(stage_.AwaitBytes(client, 12));
  const std::vector<LiveSession> all = List();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].record.state, SessionState::kFailureDelivery);
  EXPECT_EQ(all[0].record.ended_by, EndedBy::kTarget);
  EXPECT_EQ(End(all[0]), 1u);
  ASSERT_TRUE(stage_.AwaitQuiet());
  EXPECT_EQ(stage_.gateway().records()[0].ended_by, EndedBy::kTarget);
}

TEST_F(LiveSessionsSimTest, APlaceThatIsInUseAgainIsAnotherSession) {
  OpenTunnel();
  const LiveSession first = List()[0];
  EXPECT_EQ(End(first), 1u);
  ASSERT_TRUE(stage_.AwaitQuiet());
  OpenTunnel();
  EXPECT_EQ(List()[0].place.index, first.place.index);
  EXPECT_EQ(End(first), 0u);
  EXPECT_THAT(List(), SizeIs(1));
}

TEST_F(LiveSessionsSimTest, AShardThatHasStoppedAnswersAtOnce) {
  OpenTunnel();
  const LiveSession session = List()[0];
  stage_.gateway().gateway().Stop();
  ASSERT_TRUE(stage_.Await([&] { return stage_.gateway().stopped(); }));
  EXPECT_TRUE(Ask(SessionOrder::List(0))->gone);
  EXPECT_EQ(End(session), 0u);
}

TEST_F(LiveSessionsSimTest, WhatTheRulesNowRefuseIsToldByKind) {
  OpenTunnel();
  Request(2);
  Request(3);
  stage_.Client();
  const auto refused = [&](std::string_view rules) {
    stage_.Configure(rules);
    std::string kinds;
    for (const LiveSession& session : List()) {
      if (!NowRefusedBy(stage_.gateway().gateway().current(), session)) continue;
      kinds += std::string(" ") + std::string(ToString(session.record.state));
    }
    return kinds;
  };
  const std::string all(kAll);
  const auto deny = [&](std::string_view what) {
    return "[[rule]]\nname = \"no\"\nverdict = \"deny\"\n" + std::string(what) + "\n" + all;
  };
  EXPECT_EQ(refused(all), "");
  EXPECT_EQ(refused(deny("commands = [\"connect\"]")), " relay");
  EXPECT_EQ(refused(deny("commands = [\"bind\"]")), " peer");
  EXPECT_EQ(refused(deny("commands = [\"udp_associate\"]")), " association");
  EXPECT_EQ(refused(deny("destination = [\"203.0.113.1\"]")), " relay peer");
  EXPECT_EQ(refused(deny("destination = [\"203.0.113.2\"]")), "");
  EXPECT_EQ(refused("[[rule]]\nname = \"else\"\nsource = [\"192.0.2.250\"]\nverdict = \"allow\"\n"),
            " relay peer association");
}

}  // namespace
}  // namespace sluice
