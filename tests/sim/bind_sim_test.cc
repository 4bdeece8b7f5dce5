// BIND, as its client, its peer and strangers see it.

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relay/log/access_record.h"
#include "tests/sim/gateway_stage.h"

namespace sluice {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kAllowAll[] = R"(
[[rule]]
name = "all"
destination = ["any", "special-use"]
verdict = "allow"
)";
constexpr char kAnyPeer[] = R"(
[[rule]]
name = "all"
destination = ["any"]
verdict = "allow"
bind_any_peer = true
)";

std::string Bytes(std::initializer_list<int> octets) {
  std::string bytes;
  for (const int octet : octets) bytes += static_cast<char>(octet);
  return bytes;
}
std::string Bytes(const Address& address) {
  const auto& all = address.bytes();
  return std::string(all.begin() + (address.is_v4() ? 12 : 0), all.end());
}
std::string Port(uint16_t port) { return Bytes({port >> 8, port & 0xff}); }

constexpr size_t kReply4 = 10;
constexpr size_t kReply6 = 22;

// VER REP RSV ATYP BND.ADDR BND.PORT
Endpoint Bound(std::string_view reply) {
  const bool v4 = reply[3] == 1;
  const size_t size = v4 ? 4 : 16;
  std::array<uint8_t, 16> octets{};
  std::copy_n(reply.begin() + 4, size, octets.begin());
  const Address address =
      v4 ? Address::FromV4({octets[0], octets[1], octets[2], octets[3]}) : Address::FromV6(octets);
  const auto high = static_cast<uint8_t>(reply[4 + size]);
  const auto low = static_cast<uint8_t>(reply[5 + size]);
  return {address, static_cast<uint16_t>(high << 8 | low)};
}
std::string Reply(int rep, const Endpoint& bound) {
  return Bytes({5, rep, 0, bound.address.is_v4() ? 1 : 4}) + Bytes(bound.address) +
         Port(bound.port);
}
const Endpoint kNowhere{Address::FromV4({0, 0, 0, 0}), 0};

class BindSimTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_THAT(stage_.End(), IsEmpty()); }

  Address PeerAddress(int index, bool v4 = true) {
    return stage_.Peer(index).addresses()[v4 ? 0 : 1];
  }

  // A client that has asked for a BIND by SOCKS5 and heard the method.
  Talker& Asks(const std::string& destination, uint16_t port = 21, bool v4 = true) {
    Talker& client = stage_.Client(v4);
    client.Say(Bytes({5, 1, 0}) + Bytes({5, 2, 0}) + destination + Port(port));
    return client;
  }
  Talker& Asks(const Address& peer) { return Asks(Bytes({peer.is_v4() ? 1 : 4}) + Bytes(peer)); }

  // Where the gateway says that it listens. Everything up to there is forgotten.
  Endpoint FirstReply(Talker& client) {
    EXPECT_TRUE(stage_.AwaitBytes(client, 2 + kReply4));
    const bool v4 = client.Heard()[5] == 1;
    EXPECT_TRUE(stage_.AwaitBytes(client, 2 + (v4 ? kReply4 : kReply6)));
    const std::string reply = client.Heard().substr(2);
    EXPECT_EQ(reply[1], 0) << "the BIND was refused";
    first_ = client.Heard().size();
    return Bound(reply);
  }
  // What it heard after the first reply.
  std::string Then(Talker& client) { return client.Heard().substr(first_); }
  bool AwaitThen(Talker& client, size_t bytes) { return stage_.AwaitBytes(client, first_ + bytes); }

  const AccessRecord& Record() {
    EXPECT_TRUE(stage_.AwaitQuiet());
    EXPECT_THAT(stage_.gateway().records(), SizeIs(1));
    return stage_.gateway().records().back();
  }

  GatewayStage stage_;
  size_t first_ = 0;
};

TEST_F(BindSimTest, PeerConnectsAndBytesFlowBothWays) {
  stage_.Configure(kAllowAll);
  Talker& client = Asks(PeerAddress(1));
  const Endpoint bound = FirstReply(client);
  EXPECT_EQ(bound.address, stage_.gateway_host().addresses()[0]);
  EXPECT_NE(bound.port, 0);
  Talker& peer = stage_.Dial(stage_.Peer(1), bound);
  ASSERT_TRUE(AwaitThen(client, kReply4));
  EXPECT_EQ(Then(client), Reply(0, peer.socket().local()));
  peer.Say("220 hello");
  client.Say("USER me");
  EXPECT_TRUE(AwaitThen(client, kReply4 + 9));
  EXPECT_TRUE(stage_.AwaitBytes(peer, 7));
  EXPECT_EQ(peer.Heard(), "USER me");
  peer.SayFin();
  EXPECT_TRUE(stage_.Await([&] { return client.fin(); }));
  client.Close();
  const AccessRecord& record = Record();
  EXPECT_EQ(record.command, Command::kBind);
  EXPECT_EQ(record.target, peer.socket().local());
  EXPECT_EQ(record.egress, bound);
  EXPECT_EQ(record.reply, Rep::kSucceeded);
  EXPECT_EQ(record.bytes_up, 7u);
  EXPECT_EQ(record.bytes_down, 9u);
  EXPECT_EQ(stage_.Count().binds_succeeded, 1u);
}

TEST_F(BindSimTest, PeerMayConnectBeforeTheClientHasReadTheReply) {
  stage_.Configure(kAllowAll);
  Talker& client = Asks(PeerAddress(1));
  Talker& peer = stage_.Dial(stage_.Peer(1), FirstReply(client));
  EXPECT_TRUE(peer.socket().connected());
}

TEST_F(BindSimTest, Ipv6PeerIsListenedForOnIpv6) {
  stage_.Configure(kAllowAll);
  Talker& client = Asks(PeerAddress(1, /*v4=*/false));
  const Endpoint bound = FirstReply(client);
  EXPECT_EQ(bound.address, stage_.gateway_host().addresses()[1]);
  SimSocket& socket = stage_.network().NewSocket(stage_.Peer(1));
  socket.Connect(bound);
  ASSERT_TRUE(AwaitThen(client, kReply6));
  EXPECT_EQ(Then(client), Reply(0, socket.local()));
}

TEST_F(BindSimTest, StrangerIsResetAndTheWaitGoesOn) {
  stage_.Configure(kAllowAll);
  Talker& client = Asks(PeerAddress(1));
  const Endpoint bound = FirstReply(client);
  Talker& stranger = stage_.Dial(stage_.Peer(2), bound);
  stranger.Say("let me in");
  EXPECT_TRUE(stage_.Await([&] { return stranger.reset(); }));
  EXPECT_EQ(stranger.Heard(), "");
  EXPECT_EQ(Then(client), "");
  Talker& peer = stage_.Dial(stage_.Peer(1), bound);
  ASSERT_TRUE(AwaitThen(client, kReply4));
  EXPECT_EQ(Then(client), Reply(0, peer.socket().local()));
  EXPECT_EQ(stage_.Count().bind_peers_refused, 1u);
}

TEST_F(BindSimTest, SecondConnectionIsRefusedOnceThePeerIsThere) {
  stage_.Configure(kAllowAll);
  Talker& client = Asks(PeerAddress(1));
  const Endpoint bound = FirstReply(client);
  stage_.Dial(stage_.Peer(1), bound);
  ASSERT_TRUE(AwaitThen(client, kReply4));
  Talker& second = stage_.Dial(stage_.Peer(1), bound);
  EXPECT_FALSE(second.socket().connected());
}

TEST_F(BindSimTest, PeersBehindThePeerAreReset) {
  stage_.Configure(kAllowAll);
  Talker& client = Asks(PeerAddress(1));
  const Endpoint bound = FirstReply(client);
  SimSocket& first = stage_.network().NewSocket(stage_.Peer(1));
  SimSocket& second = stage_.network().NewSocket(stage_.Peer(1));
  first.Connect(bound);
  second.Connect(bound);
  ASSERT_TRUE(AwaitThen(client, kReply4));
  stage_.Pass(absl::Seconds(1));
  EXPECT_EQ(first.connected() + second.connected(), 1);
}

TEST_F(BindSimTest, NobodyComesUntilTheTimeOut) {
  stage_.Configure(std::string("[timeouts]\nbind = \"30s\"\n") + kAllowAll);
  Talker& client = Asks(PeerAddress(1));
  const Endpoint bound = FirstReply(client);
  stage_.Pass(absl::Seconds(29));
  EXPECT_EQ(Then(client), "");
  ASSERT_TRUE(AwaitThen(client, kReply4));
  EXPECT_EQ(Then(client), Reply(6, kNowhere));
  EXPECT_TRUE(stage_.Await([&] { return client.fin(); }));
  EXPECT_FALSE(stage_.Dial(stage_.Peer(1), bound).socket().connected());
  client.Close();
  const AccessRecord& record = Record();
  EXPECT_EQ(record.ended_by, EndedBy::kTimeout);
  EXPECT_EQ(record.state, SessionState::kPeer);
  EXPECT_EQ(record.egress, bound);
  EXPECT_EQ(stage_.Count().binds_failed, 1u);
}

TEST_F(BindSimTest, ClientThatEndsItsSideHasLeft) {
  stage_.Configure(kAllowAll);
  Talker& client = Asks(PeerAddress(1));
  const Endpoint bound = FirstReply(client);
  client.SayFin();
  ASSERT_TRUE(AwaitThen(client, kReply4));
  EXPECT_EQ(Then(client), Reply(1, kNowhere));
  EXPECT_FALSE(stage_.Dial(stage_.Peer(1), bound).socket().connected());
  client.Close();
  EXPECT_EQ(Record().ended_by, EndedBy::kClient);
  EXPECT_EQ(Record().state, SessionState::kPeer);
}

TEST_F(BindSimTest, ClientThatResetsHasLeft) {
  stage_.Configure(kAllowAll);
  Talker& client = Asks(PeerAddress(1));
  FirstReply(client);
  client.Reset();
  EXPECT_EQ(Record().ended_by, EndedBy::kClient);
  EXPECT_EQ(Record().state, SessionState::kPeer);
}

// The end shows behind bytes that nobody has read.
TEST_F(BindSimTest, ClientThatLeavesAfterEarlyBytesHasLeft) {
  stage_.Configure(kAllowAll);
  Talker& client = Asks(PeerAddress(1));
  FirstReply(client);
  client.Say("too early");
  client.Close();
  EXPECT_EQ(Record().ended_by, EndedBy::kClient);
}

TEST_F(BindSimTest, EarlyBytesAreTheStartOfTheTunnel) {
  stage_.Configure(kAllowAll);
  const std::string early(3000, 'e');
  Talker& client = stage_.Client();
  client.Say(Bytes({5, 1, 0, 5, 2, 0, 1}) + Bytes(PeerAddress(1)) + Port(21) + early);
  const Endpoint bound = FirstReply(client);
  client.Say("late");
  stage_.Pass(absl::Seconds(1));
  Talker& peer = stage_.Dial(stage_.Peer(1), bound);
  ASSERT_TRUE(stage_.AwaitBytes(peer, 3004));
  EXPECT_EQ(peer.Heard(), early + "late");
  EXPECT_TRUE(AwaitThen(client, kReply4));
  client.Close();
  peer.Close();
  EXPECT_EQ(Record().bytes_up, 3004u);
}

// --- Whose connection it is

TEST_F(BindSimTest, AnyPeerWhereTheRuleGrantsIt) {
  stage_.Configure(kAnyPeer);
  Talker& client = Asks(kNowhere.address);
  const Endpoint bound = FirstReply(client);
  EXPECT_EQ(bound.address, stage_.gateway_host().addresses()[0]);
  Talker& peer = stage_.Dial(stage_.Peer(3), bound);
  ASSERT_TRUE(AwaitThen(client, kReply4));
  EXPECT_EQ(Then(client), Reply(0, peer.socket().local()));
}

TEST_F(BindSimTest, AnyPeerIsDeniedWhereTheRuleDoesNotGrantIt) {
  stage_.Configure(kAllowAll);
  Talker& client = Asks(kNowhere.address);
  ASSERT_TRUE(stage_.AwaitBytes(client, 2 + kReply4));
  EXPECT_EQ(client.Heard().substr(2), Reply(2, kNowhere));
  client.Close();
  EXPECT_EQ(Record().ended_by, EndedBy::kPolicy);
}

TEST_F(BindSimTest, RulesAreAskedAgainForThePeer) {
  stage_.Configure(std::string(R"([[rule]]
name = "not them"
destination = ["203.0.113.2"]
verdict = "deny"
)") + kAnyPeer);
  Talker& client = Asks(kNowhere.address);
  const Endpoint bound = FirstReply(client);
  Talker& denied = stage_.Dial(stage_.Peer(2), bound);
  EXPECT_TRUE(stage_.Await([&] { return denied.reset(); }));
  stage_.Dial(stage_.Peer(1), bound);
  EXPECT_TRUE(AwaitThen(client, kReply4));
}

TEST_F(BindSimTest, RuleOfThePeerMustGrantAnyPeerToo) {
  stage_.Configure(R"([[rule]]
name = "these may come unasked"
destination = ["203.0.113.1"]
verdict = "allow"
bind_any_peer = true

[[rule]]
name = "these only where they are named"
destination = ["any"]
verdict = "allow"
)");
  Talker& client = Asks(kNowhere.address);
  const Endpoint bound = FirstReply(client);
  Talker& other = stage_.Dial(stage_.Peer(2), bound);
  EXPECT_TRUE(stage_.Await([&] { return other.reset(); }));
  stage_.Dial(stage_.Peer(1), bound);
  EXPECT_TRUE(AwaitThen(client, kReply4));
}

TEST_F(BindSimTest, RulesThatChangeWhileItWaitsCount) {
  stage_.Configure(kAllowAll);
  Talker& client = Asks(PeerAddress(1));
  const Endpoint bound = FirstReply(client);
  stage_.Configure("[[rule]]\nname = \"none\"\nverdict = \"deny\"\ndestination = [\"any\"]\n");
  Talker& peer = stage_.Dial(stage_.Peer(1), bound);
  EXPECT_TRUE(stage_.Await([&] { return peer.reset(); }));
}

TEST_F(BindSimTest, EveryAllowedAddressOfANameMayConnect) {
  stage_.zone()["pool.test"].addresses = {PeerAddress(1), PeerAddress(2), PeerAddress(3)};
  stage_.Configure(std::string(R"([[rule]]
name = "not the first"
destination = ["203.0.113.1"]
verdict = "deny"
)") + kAllowAll);
  Talker& client = Asks(Bytes({3, 9}) + "pool.test");
  const Endpoint bound = FirstReply(client);
  Talker& denied = stage_.Dial(stage_.Peer(1), bound);
  EXPECT_TRUE(stage_.Await([&] { return denied.reset(); }));
  Talker& peer = stage_.Dial(stage_.Peer(3), bound);
  ASSERT_TRUE(AwaitThen(client, kReply4));
  EXPECT_EQ(Then(client), Reply(0, peer.socket().local()));
}

// --- Where it listens

TEST_F(BindSimTest, PortsAreOfTheRange) {
  stage_.Configure(std::string("bind_ports = \"20000-20003\"\n") + kAllowAll);
  std::set<uint16_t> ports;
  for (int i = 0; i < 4; ++i) {
    Talker& client = Asks(PeerAddress(1));
    ports.insert(FirstReply(client).port);
  }
  EXPECT_THAT(ports, ::testing::ElementsAre(20000, 20001, 20002, 20003));
  Talker& fifth = Asks(PeerAddress(1));
  ASSERT_TRUE(stage_.AwaitBytes(fifth, 2 + kReply4));
  EXPECT_EQ(fifth.Heard().substr(2), Reply(1, kNowhere));
}

TEST_F(BindSimTest, AdvertisedAddressIsToldInstead) {
  stage_.Configure(std::string("advertised = [\"198.51.100.7\"]\n") + kAllowAll);
  Talker& client = Asks(PeerAddress(1));
  const Endpoint told = FirstReply(client);
  EXPECT_EQ(told.address, *Address::Parse("198.51.100.7"));
  // Behind the NAT it is the gateway's own address.
  Talker& peer =
      stage_.Dial(stage_.Peer(1), Endpoint{stage_.gateway_host().addresses()[0], told.port});
  ASSERT_TRUE(AwaitThen(client, kReply4));
  EXPECT_EQ(Then(client), Reply(0, peer.socket().local()));
  Talker& other = Asks(PeerAddress(1, /*v4=*/false));
  EXPECT_EQ(FirstReply(other).address, stage_.gateway_host().addresses()[1]);
}

TEST_F(BindSimTest, OnlySoManyOfASourceWaitAtATime) {
  stage_.Configure(kAllowAll);
  for (int i = 0; i < limits::kSourceBinds; ++i) FirstReply(Asks(PeerAddress(1)));
  Talker& client = Asks(PeerAddress(1));
  ASSERT_TRUE(stage_.AwaitBytes(client, 2 + kReply4));
  EXPECT_EQ(client.Heard().substr(2), Reply(1, kNowhere));
  client.Close();
  EXPECT_TRUE(stage_.Await([&] { return !stage_.gateway().records().empty(); }));
  EXPECT_EQ(stage_.gateway().records().back().ended_by, EndedBy::kLimit);
}

TEST_F(BindSimTest, NothingIsLeftOfAThousandThatWereGivenUp) {
  stage_.Configure(kAllowAll);
  const int before = stage_.gateway().process().open();
  for (int i = 0; i < 1000; ++i) {
    Talker& client = Asks(PeerAddress(1));
    FirstReply(client);
    i % 2 == 0 ? client.Close() : client.Reset();
    if (i % 100 == 99) {
      EXPECT_TRUE(stage_.AwaitQuiet());
    }
  }
  EXPECT_EQ(stage_.gateway().process().open(), before);
}

TEST_F(BindSimTest, OperatorEndsTheWait) {
  stage_.Configure(kAllowAll);
  Talker& client = Asks(PeerAddress(1));
  FirstReply(client);
  stage_.gateway().gateway().Stop();
  EXPECT_TRUE(stage_.Await([&] { return client.reset(); }));
}

// --- SOCKS4

constexpr size_t kReplyOf4 = 8;

class BindBySocks4Test : public BindSimTest {
 protected:
  Talker& AsksBySocks4(const Address& peer, const std::string& name = "") {
    Talker& client = stage_.Client();
    client.Say(Bytes({4, 2}) + Port(21) + Bytes(peer) + "me" + Bytes({0}) +
               (name.empty() ? "" : name + Bytes({0})));
    return client;
  }
  Endpoint Granted(Talker& client) {
    EXPECT_TRUE(stage_.AwaitBytes(client, kReplyOf4));
    const std::string reply = client.Heard();
    EXPECT_EQ(reply.substr(0, 2), Bytes({0, 0x5a}));
    first_ = kReplyOf4;
    return Bound(Bytes({5, 0, 0, 1}) + reply.substr(4, 4) + reply.substr(2, 2));
  }
};

TEST_F(BindBySocks4Test, PeerConnects) {
  stage_.Configure(kAllowAll);
  Talker& client = AsksBySocks4(PeerAddress(1));
  const Endpoint bound = Granted(client);
  Talker& peer = stage_.Dial(stage_.Peer(1), bound);
  ASSERT_TRUE(AwaitThen(client, kReplyOf4));
  EXPECT_EQ(Then(client),
            Bytes({0, 0x5a}) + Port(peer.socket().local().port) + Bytes(PeerAddress(1)));
}

TEST_F(BindBySocks4Test, StrangerEndsIt) {
  stage_.Configure(kAllowAll);
  Talker& client = AsksBySocks4(PeerAddress(1));
  const Endpoint bound = Granted(client);
  Talker& stranger = stage_.Dial(stage_.Peer(2), bound);
  ASSERT_TRUE(AwaitThen(client, kReplyOf4));
  EXPECT_EQ(Then(client), Bytes({0, 0x5b, 0, 0, 0, 0, 0, 0}));
  EXPECT_TRUE(stage_.Await([&] { return stranger.reset() && client.fin(); }));
  client.Close();
  EXPECT_EQ(Record().ended_by, EndedBy::kTarget);
}

TEST_F(BindBySocks4Test, NameOfAnIpv6HostIsRefused) {
  stage_.zone()["six.test"].addresses = {PeerAddress(1, /*v4=*/false)};
  stage_.Configure(kAllowAll);
  Talker& client = AsksBySocks4(Address::FromV4({0, 0, 0, 1}), "six.test");
  ASSERT_TRUE(stage_.AwaitBytes(client, kReplyOf4));
  EXPECT_EQ(client.Heard(), Bytes({0, 0x5b, 0, 0, 0, 0, 0, 0}));
}

TEST_F(BindBySocks4Test, AnyPeerIsAddressZero) {
  stage_.Configure(kAnyPeer);
  Talker& client = AsksBySocks4(kNowhere.address);
  stage_.Dial(stage_.Peer(5), Granted(client));
  EXPECT_TRUE(AwaitThen(client, kReplyOf4));
}

}  // namespace
}  // namespace sluice
