// The gateway and its own addresses, as these come and go while it runs: nobody is led through it
// into itself.

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/gateway_stage.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kAll[] = "[[rule]]\nname = \"all\"\nbind_any_peer = true\nverdict = \"allow\"\n";

const Address kGateway4 = *Address::Parse("10.0.0.1");
// Nobody's at first.
const Address kLater4 = *Address::Parse("10.0.0.9");
const Address kLater6 = *Address::Parse("2001:db8::9");

class OwnAddressSimTest : public ::testing::Test {
 protected:
  explicit OwnAddressSimTest(const GatewayStage::Options& options = {}) : stage_(options) {}
  void TearDown() override {
    stage_.network().set_dial_observer(nullptr);
    EXPECT_THAT(stage_.End(), IsEmpty());
  }

  static std::string Wire(const Endpoint& to) {
    const auto& bytes = to.address.bytes();
    const bool v4 = to.address.is_v4();
    std::string wire(1, v4 ? '\1' : '\4');
    wire.append(bytes.begin() + (v4 ? 12 : 0), bytes.end());
    return wire + static_cast<char>(to.port >> 8) + static_cast<char>(to.port & 0xff);
  }
  // A client that has asked for something; the reply begins behind two bytes of greeting.
  Talker& Ask(char command, const std::string& destination) {
    Talker& client = stage_.Client();
    client.Say(std::string("\5\1\0\5", 4) + command + std::string(1, '\0') + destination);
    EXPECT_TRUE(stage_.Await([&] { return client.Heard().size() >= 4 || client.ended(); }));
    return client;
  }
  // REP of the reply.
  int Code(char command, const std::string& destination) {
    Talker& client = Ask(command, destination);
    const int code = client.Heard().size() >= 4 ? client.Heard()[3] : -1;
    client.Reset();
    return code;
  }
  int Connect(const Address& address, uint16_t port = GatewayStage::kPort) {
    return Code(1, Wire({address, port}));
  }
  int ConnectByName(std::string_view name) {
    return Code(1, absl::StrCat(std::string(1, '\3'),
                                std::string(1, static_cast<char>(name.size())), std::string(name)) +
                       std::string("\x04\x38", 2));  // port 1080
  }
  void Give(const Address& address) {
    stage_.gateway_host().AddAddress(address);
    stage_.Pass(absl::Milliseconds(1));
  }
  void Take(const Address& address) {
    stage_.gateway_host().RemoveAddress(address);
    stage_.Pass(absl::Milliseconds(1));
  }

  GatewayStage stage_;
};

TEST_F(OwnAddressSimTest, AnAddressThatCameLaterIsTheGatewayItself) {
  stage_.Configure(kAll);
  stage_.zone()["later.test"].addresses = {kLater4, kLater6};
  EXPECT_EQ(Connect(kGateway4), 2);
  for (const Address& address : {kLater4, kLater6}) {
    EXPECT_EQ(Connect(address), 4) << "there is no such host";
    Give(address);
    EXPECT_EQ(Connect(address), 2);
  }
  EXPECT_EQ(Connect(*Address::Parse("64:ff9b::10.0.0.9")), 2);
  EXPECT_EQ(ConnectByName("later.test"), 2);
}

TEST_F(OwnAddressSimTest, AnAddressThatHasGoneIsNoLongerTheGateways) {
  const Address moves = *Address::Parse("10.0.0.2");
  stage_.Configure(kAll);
  EXPECT_EQ(Connect(moves), 2);
  Take(moves);
  SimHost& other = stage_.Peer(1);
  other.AddAddress(moves);
  stage_.Listen(other, {moves, GatewayStage::kPort});
  EXPECT_EQ(Connect(moves), 0);
}

TEST_F(OwnAddressSimTest, ARuleMayNameAnAddressThatComesLater) {
  stage_.Configure("[[rule]]\nname = \"it\"\ndestination = [\"10.0.0.9\"]\nverdict = \"allow\"\n");
  Give(kLater4);
  EXPECT_EQ(Connect(kLater4), 0);
  EXPECT_EQ(Connect(kGateway4), 2);
}

TEST_F(OwnAddressSimTest, OtherPortsOfTheHostAreNotTheGateway) {
  stage_.Configure(kAll);
  Give(kLater4);
  EXPECT_EQ(Connect(kLater4, 8080), 5);
}

// Its SYN is under way to nobody when the address comes.
TEST_F(OwnAddressSimTest, ATargetThatBecomesTheGatewayWhileItIsDialledIsRefused) {
  stage_.Configure(kAll);
  for (const Address& address : {kLater4, kLater6}) {
    int dialled = 0;
    stage_.network().set_dial_observer([&](SimHost& host, SimSocket&, const Endpoint& to) {
      if (&host != &stage_.gateway_host()) return;
      EXPECT_EQ(to.address, address);
      ++dialled;
      stage_.gateway_host().AddAddress(address);
    });
    EXPECT_EQ(Connect(address), 2);
    EXPECT_EQ(dialled, 1) << "it was not the gateway's yet";
  }
  EXPECT_TRUE(stage_.AwaitQuiet());
  for (const AccessRecord& record : stage_.gateway().records()) EXPECT_EQ(record.bytes_up, 0u);
}

TEST_F(OwnAddressSimTest, WhereABindListensIsTheGatewayAsLongAsItDoes) {
  stage_.Configure(kAll);
  Talker& bind = Ask(2, Wire({Address::FromV4({0, 0, 0, 0}), 0}));
  ASSERT_EQ(bind.Heard().size(), 12u);
  const auto port = static_cast<uint16_t>(static_cast<uint8_t>(bind.Heard()[10]) << 8 |
                                          static_cast<uint8_t>(bind.Heard()[11]));
  EXPECT_EQ(Connect(kGateway4, port), 2);
  bind.Reset();
  EXPECT_TRUE(stage_.AwaitQuiet());
  EXPECT_EQ(Connect(kGateway4, port), 5);
}

TEST_F(OwnAddressSimTest, ATargetOfDatagramsThatHasBecomeTheGatewaysHostIsDenied) {
  SimHost& other = stage_.Peer(1);
  other.AddAddress(kLater4);
  stage_.Configure(kAll);
  int error = 0;
  SimDatagramSocket* target =
      stage_.network().OpenDatagramSocket(other, {kLater4, 5000}, "", &error);
  SimDatagramSocket* client = stage_.network().OpenDatagramSocket(
      stage_.client_host(), {stage_.client_host().addresses()[0], 4000}, "", &error);
  Talker& control = Ask(3, Wire({Address::FromV4({0, 0, 0, 0}), 0}));
  ASSERT_EQ(control.Heard().size(), 12u);
  const Endpoint relay{kGateway4,
                       static_cast<uint16_t>(static_cast<uint8_t>(control.Heard()[10]) << 8 |
                                             static_cast<uint8_t>(control.Heard()[11]))};
  const auto say = [&] {
    const std::string datagram = std::string(3, '\0') + Wire({kLater4, 5000}) + "x";
    client->SendTo(relay, {datagram.begin(), datagram.end()});
    stage_.Pass(absl::Milliseconds(10));
  };
  say();
  EXPECT_EQ(target->arrived().size(), 1u);
  EXPECT_EQ(stage_.Count().datagrams_dropped_denied, 0u);
  other.RemoveAddress(kLater4);
  Give(kLater4);
  SimDatagramSocket* service =
      stage_.network().OpenDatagramSocket(stage_.gateway_host(), {kLater4, 5000}, "", &error);
  say();
  EXPECT_THAT(service->arrived(), IsEmpty());
  EXPECT_EQ(stage_.Count().datagrams_dropped_denied, 1u);
}

// --- Listening

TEST_F(OwnAddressSimTest, AListenerMayWaitForItsAddress) {
  const std::string config = absl::StrCat(
      "[socks]\nlisten = [\"10.0.0.1\", { address = \"10.0.0.9\", wait = true }]\n", kAll);
  ASSERT_TRUE(stage_.TryConfigure(config).ok());
  const Endpoint at{kLater4, GatewayStage::kPort};
  EXPECT_FALSE(stage_.Dial(stage_.client_host(), at).socket().connected());
  Give(kLater4);
  EXPECT_TRUE(stage_.Dial(stage_.client_host(), at).socket().connected());
}

TEST_F(OwnAddressSimTest, AListenerMayBeginToWaitByAReload) {
  stage_.Configure(kAll);
  const std::string config = absl::StrCat("[socks]\nlisten = [\"10.0.0.1\", \"10.0.0.9\"]\n", kAll);
  EXPECT_THAT(std::string(stage_.TryConfigure(config).message()), HasSubstr("wait = true"));
  const std::string waits = absl::StrCat(
      "[socks]\nlisten = [\"10.0.0.1\", { address = \"10.0.0.9\", wait = true }]\n", kAll);
  EXPECT_TRUE(stage_.TryConfigure(waits).ok());
  Give(kLater4);
  EXPECT_TRUE(
      stage_.Dial(stage_.client_host(), {kLater4, GatewayStage::kPort}).socket().connected());
}

TEST_F(OwnAddressSimTest, ASecondGatewayIsRefusedWhereTheFirstListens) {
  for (const char* first : {"\"10.0.0.1\", \"2001:db8::1\"", "\"any\""}) {
    const auto config = [](std::string_view listen) {
      return absl::StrCat("[socks]\nport = 1080\nlisten = [", std::string(listen), "]\n", kAll);
    };
    ASSERT_TRUE(stage_.TryConfigure(config(first)).ok());
    for (const char* listen : {"\"10.0.0.1\"", "\"2001:db8::1\"", "\"any\""}) {
      SimGateway::Options two_shards;
      two_shards.shards = 2;
      SimGateway second(stage_.network(), stage_.gateway_host(), stage_.zone(), two_shards);
      EXPECT_THAT(std::string(second.Configure(config(listen)).message()),
                  HasSubstr("Address already in use"))
          << listen << " beside " << first;
      second.gateway().Stop();
      second.RunUntil(stage_.network().now() + absl::Seconds(1), [&] { return second.stopped(); });
    }
  }
}

}  // namespace
}  // namespace sluice
