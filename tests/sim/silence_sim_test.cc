// Peers that vanish, and peers that are there and take nothing: when their sessions end, and that
// nobody else's do.

#include <cerrno>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/gateway_stage.h"

namespace sluice {
namespace {

using ::testing::IsEmpty;

constexpr std::string_view kRule = "[[rule]]\nname = \"all\"\nverdict = \"allow\"\n";
// As shipped: 60 s and three probes 10 s apart; 90 s.
constexpr absl::Duration kGoneWithin = absl::Seconds(120);

class SilenceSimTest : public ::testing::Test {
 protected:
  void SetUp() override { Configure(""); }
  void TearDown() override { EXPECT_THAT(stage_.End(), IsEmpty()); }

  void Configure(std::string_view timeouts) {
    stage_.Configure("[timeouts]\nidle = \"24h\"\n" + std::string(timeouts) + std::string(kRule));
  }
  void OpenTunnel(bool v4 = true) {
    if (listener_ == nullptr) {
      listener_ = &stage_.Listen(stage_.Peer(1), Endpoint{stage_.Peer(1).addresses()[0], 7});
    }
    client_ = &stage_.Client(v4);
    client_->Say(std::string("\5\1\0\5\1\0\1\xcb\0\x71\1\0\7", 13));
    EXPECT_TRUE(stage_.AwaitBytes(*client_, 12));
    EXPECT_TRUE(stage_.Await([&] { return listener_->has_waiting(); }));
    target_ = &stage_.Accept(*listener_);
    stage_.Pass(absl::Seconds(1));
  }
  // Says more than anybody takes, as long as there is room.
  static void Stuff(Talker& talker) {
    while (talker.socket().room() > 4096) talker.Say(std::string(4096, 'x'));
  }
  // How long it takes until no session is left.
  absl::Duration Left() {
    const absl::Time began = stage_.network().now();
    EXPECT_TRUE(stage_.AwaitQuiet());
    return stage_.network().now() - began;
  }
  void ExpectEnd(std::string_view why, int error) {
    ASSERT_FALSE(stage_.gateway().records().empty());
    const AccessRecord& record = stage_.gateway().records().back();
    EXPECT_EQ(record.ended_by, EndedBy::kTimeout);
    EXPECT_EQ(record.why, why);
    EXPECT_EQ(record.error, error);
  }

  GatewayStage stage_;
  SimListener* listener_ = nullptr;
  Talker* client_ = nullptr;
  Talker* target_ = nullptr;
};

// --- Vanished

TEST_F(SilenceSimTest, IdleTunnelWhoseTargetHasVanishedEnds) {
  OpenTunnel();
  target_->socket().Vanish();
  EXPECT_LE(Left(), kGoneWithin);
  ExpectEnd("the target no longer answers", ETIMEDOUT);
  EXPECT_TRUE(stage_.Await([&] { return client_->reset(); }));
}

TEST_F(SilenceSimTest, IdleTunnelWhoseClientHasVanishedEnds) {
  OpenTunnel(/*v4=*/false);
  client_->socket().Vanish();
  EXPECT_LE(Left(), kGoneWithin);
  ExpectEnd("the client no longer answers", ETIMEDOUT);
}

TEST_F(SilenceSimTest, WhoSpeaksToAVanishedTargetIsToldAsSoon) {
  OpenTunnel();
  target_->socket().Vanish();
  const absl::Time vanished = stage_.network().now();
  while (stage_.gateway().sessions_open() > 0 && stage_.network().now() < vanished + kGoneWithin) {
    client_->Say("x");
    stage_.Pass(absl::Seconds(1));
  }
  EXPECT_EQ(stage_.gateway().sessions_open(), 0);
  ExpectEnd("the target no longer answers", ETIMEDOUT);
}

// Linux sends no probes while something waits to be acknowledged.
TEST_F(SilenceSimTest, WhoSpeaksAfterALongSilenceOfAVanishedTargetIsToldAsSoon) {
  OpenTunnel();
  target_->socket().Vanish();
  stage_.Pass(absl::Seconds(80));
  client_->Say("x");
  EXPECT_LE(Left(), kGoneWithin - absl::Seconds(80));
  ExpectEnd("the target no longer answers", ETIMEDOUT);
}

TEST_F(SilenceSimTest, ClientThatVanishesInTheMiddleOfADownloadEnds) {
  OpenTunnel();
  Stuff(*target_);
  stage_.Pass(absl::Seconds(3));
  client_->socket().Vanish();
  EXPECT_LE(Left(), kGoneWithin);
  ExpectEnd("the client no longer answers", ETIMEDOUT);
}

TEST_F(SilenceSimTest, HalfClosedTunnelWhoseTargetHasVanishedEnds) {
  OpenTunnel();
  client_->SayFin();
  stage_.Pass(absl::Seconds(1));
  target_->socket().Vanish();
  EXPECT_LE(Left(), kGoneWithin);
}

TEST_F(SilenceSimTest, AssociationWhoseClientHasVanishedEnds) {
  Configure("udp_idle = \"24h\"\n");
  client_ = &stage_.Client();
  client_->Say(std::string("\5\1\0\5\3\0\1\0\0\0\0\0\0", 13));
  EXPECT_TRUE(stage_.AwaitBytes(*client_, 12));
  stage_.Pass(absl::Seconds(1));
  client_->socket().Vanish();
  EXPECT_LE(Left(), kGoneWithin);
  ExpectEnd("the client no longer answers", ETIMEDOUT);
}

TEST_F(SilenceSimTest, PeerOfABindThatHasVanishedEnds) {
  client_ = &stage_.Client();
  client_->Say(std::string("\5\1\0\5\2\0\1\xcb\0\x71\1\0\0", 13));
  ASSERT_TRUE(stage_.AwaitBytes(*client_, 12));
  const std::string& reply = client_->Heard();
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(reply[i]); };
  const Endpoint bound{Address::FromV4({byte(6), byte(7), byte(8), byte(9)}),
                       static_cast<uint16_t>(byte(10) << 8 | byte(11))};
  Talker& peer = stage_.Dial(stage_.Peer(1), bound);
  ASSERT_TRUE(stage_.AwaitBytes(*client_, 22));
  stage_.Pass(absl::Seconds(1));
  peer.socket().Vanish();
  EXPECT_LE(Left(), kGoneWithin);
  ExpectEnd("the target no longer answers", ETIMEDOUT);
}

TEST_F(SilenceSimTest, WhoIsThereStaysForHours) {
  OpenTunnel();
  stage_.Pass(absl::Hours(3));
  EXPECT_EQ(stage_.gateway().sessions_open(), 1);
  client_->Say("still here");
  EXPECT_TRUE(stage_.AwaitBytes(*target_, 10));
}

TEST_F(SilenceSimTest, WithoutKeepaliveAnIdleTunnelIsNotAsked) {
  Configure("keepalive = \"0s\"\n");
  OpenTunnel();
  target_->socket().Vanish();
  stage_.Pass(absl::Hours(3));
  EXPECT_EQ(stage_.gateway().sessions_open(), 1);
}

TEST_F(SilenceSimTest, ReloadIsInForceForWhatStartsAfterIt) {
  OpenTunnel();
  EXPECT_EQ(target_->socket().peer()->keepalive().after, absl::Seconds(60));
  Configure("keepalive = \"7s\"\nkeepalive_interval = \"2s\"\nkeepalive_probes = 5\n");
  OpenTunnel();
  for (Talker* talker : {client_, target_}) {
    const Keepalive& keepalive = talker->socket().peer()->keepalive();
    EXPECT_EQ(keepalive.after, absl::Seconds(7));
    EXPECT_EQ(keepalive.interval, absl::Seconds(2));
    EXPECT_EQ(keepalive.probes, 5);
  }
}

// --- Stalled

TEST_F(SilenceSimTest, ClientThatTakesNothingIsEndedWhenItsTimeIsOver) {
  OpenTunnel();
  Stuff(*target_);
  stage_.Pass(absl::Seconds(3));
  Stuff(*target_);
  const absl::Duration left = Left();
  EXPECT_GE(left, absl::Minutes(5) - absl::Seconds(15));
  EXPECT_LE(left, absl::Minutes(5) + absl::Seconds(25));
  ExpectEnd("the client took nothing within the stalled time-out", 0);
  EXPECT_TRUE(stage_.Await([&] { return target_->reset(); }));
}

// What waits is in its socket's buffer alone: the pipe has sent all it had.
TEST_F(SilenceSimTest, TargetThatTakesNothingIsEndedThoughThePipeIsEmpty) {
  OpenTunnel();
  const size_t window = target_->socket().receive_capacity();
  for (size_t said = 0; said < window + 20'000; said += 4096) {
    client_->Say(std::string(4096, 'x'));
    stage_.Pass(absl::Milliseconds(10));
  }
  EXPECT_LE(Left(), absl::Minutes(5) + absl::Seconds(25));
  ExpectEnd("the target took nothing within the stalled time-out", 0);
}

TEST_F(SilenceSimTest, ClientThatReadsSlowlyIsNotEnded) {
  OpenTunnel();
  uint8_t bytes[64 * 1024];
  for (int i = 0; i < 60; ++i) {
    Stuff(*target_);
    client_->socket().Read(bytes, sizeof bytes);
    stage_.Pass(absl::Minutes(1));
    ASSERT_EQ(stage_.gateway().sessions_open(), 1);
  }
}

}  // namespace
}  // namespace sluice
