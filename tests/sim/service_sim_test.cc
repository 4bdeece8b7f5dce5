// Where the gateway listens: both families, several addresses, and none, changed while sessions
// run.

#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/gateway_stage.h"

namespace sluice {
namespace {

using ::testing::IsEmpty;

constexpr std::string_view kRule =
    "[[rule]]\nname = \"all\"\ndestination = [\"any\", \"special-use\"]\nverdict = \"allow\"\n";

std::string Service(std::string_view keys) {
  return "[socks]\nport = 1080\n" + std::string(keys) + std::string(kRule);
}

const std::string kAny = Service("listen = [\"any\"]\n");
const std::string kDisabled = Service("listen = [\"any\"]\nenabled = false\n");

class ServiceSimTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_THAT(stage_.End(), IsEmpty()); }

  bool Serves(bool v4) { return stage_.Client(v4).socket().connected(); }
  // A tunnel to an echo that the test itself is.
  void OpenTunnel() {
    SimListener& listener =
        stage_.Listen(stage_.Peer(1), Endpoint{stage_.Peer(1).addresses()[0], 7});
    client_ = &stage_.Client();
    client_->Say(std::string("\5\1\0\5\1\0\1\xcb\0\x71\1\0\7", 13));
    EXPECT_TRUE(stage_.AwaitBytes(*client_, 12));
    EXPECT_TRUE(stage_.Await([&] { return listener.has_waiting(); }));
    target_ = &stage_.Accept(listener);
  }
  void ExpectTunnelOpen() {
    const size_t up = target_->Heard().size();
    const size_t down = client_->Heard().size();
    client_->Say("up");
    target_->Say("down");
    EXPECT_TRUE(stage_.AwaitBytes(*target_, up + 2));
    EXPECT_TRUE(stage_.AwaitBytes(*client_, down + 4));
  }

  GatewayStage stage_;
  Talker* client_ = nullptr;
  Talker* target_ = nullptr;
};

TEST_F(ServiceSimTest, AnyIsBothFamilies) {
  ASSERT_TRUE(stage_.TryConfigure(kAny).ok());
  EXPECT_TRUE(Serves(/*v4=*/true));
  EXPECT_TRUE(Serves(/*v4=*/false));
}

TEST_F(ServiceSimTest, OnlyTheAddressesThatAreNamedListen) {
  ASSERT_TRUE(stage_.TryConfigure(Service("listen = [\"10.0.0.1\", \"127.0.0.1\"]\n")).ok());
  EXPECT_TRUE(Serves(/*v4=*/true));
  EXPECT_FALSE(Serves(/*v4=*/false));
  const auto at = [](const char* text) {
    return Endpoint{*Address::Parse(text), GatewayStage::kPort};
  };
  EXPECT_TRUE(stage_.Dial(stage_.gateway_host(), at("127.0.0.1")).socket().connected());
  EXPECT_FALSE(stage_.Dial(stage_.gateway_host(), at("127.0.0.2")).socket().connected());
}

TEST_F(ServiceSimTest, DisabledClosesTheListenersAndLeavesSessions) {
  ASSERT_TRUE(stage_.TryConfigure(kAny).ok());
  OpenTunnel();
  ASSERT_TRUE(stage_.TryConfigure(kDisabled).ok());
  EXPECT_FALSE(Serves(/*v4=*/true));
  EXPECT_FALSE(Serves(/*v4=*/false));
  ExpectTunnelOpen();
  ASSERT_TRUE(stage_.TryConfigure(kAny).ok());
  EXPECT_TRUE(Serves(/*v4=*/true));
  EXPECT_TRUE(Serves(/*v4=*/false));
  ExpectTunnelOpen();
}

TEST_F(ServiceSimTest, AGatewayMayStartDisabled) {
  ASSERT_TRUE(stage_.TryConfigure(kDisabled).ok());
  EXPECT_FALSE(Serves(/*v4=*/true));
  ASSERT_TRUE(stage_.TryConfigure(kAny).ok());
  EXPECT_TRUE(Serves(/*v4=*/true));
}

TEST_F(ServiceSimTest, AddressesComeAndGo) {
  ASSERT_TRUE(stage_.TryConfigure(kAny).ok());
  OpenTunnel();
  ASSERT_TRUE(stage_.TryConfigure(Service("listen = [\"::\"]\n")).ok());
  EXPECT_FALSE(Serves(/*v4=*/true));
  EXPECT_TRUE(Serves(/*v4=*/false));
  ExpectTunnelOpen();
  ASSERT_TRUE(stage_.TryConfigure(Service("listen = [\"::\", \"10.0.0.1\"]\n")).ok());
  EXPECT_TRUE(Serves(/*v4=*/true));
}

TEST_F(ServiceSimTest, WhatCannotListenChangesNothing) {
  ASSERT_TRUE(stage_.TryConfigure(kAny).ok());
  EXPECT_FALSE(stage_.TryConfigure(Service("listen = [\"10.0.0.1\", \"192.0.2.1\"]\n")).ok());
  EXPECT_TRUE(Serves(/*v4=*/true));
  EXPECT_TRUE(Serves(/*v4=*/false));
}

}  // namespace
}  // namespace sluice
