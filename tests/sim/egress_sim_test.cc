// How connections leave the gateway and where BIND listens: each address as the rule that allows it
// says, and what is told where that cannot be.

#include <cerrno>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relay/log/access_record.h"
#include "tests/sim/gateway_stage.h"

namespace sluice {
namespace {

using ::testing::IsEmpty;

constexpr uint16_t kPort = 80;
constexpr char kRest[] =
    "[[rule]]\nname = \"rest\"\ndestination = [\"any\"]\nverdict = \"allow\"\n";

// A rule named for its destination.
std::string RuleTo(const Address& destination, const std::string& egress) {
  const std::string text = destination.ToString();
  return absl::StrCat("[[rule]]\nname = \"", text, "\"\ndestination = [\"", text,
                      "\"]\negress = { ", egress, " }\nverdict = \"allow\"\n");
}

std::string Bytes(std::initializer_list<int> octets) {
  std::string bytes;
  for (const int octet : octets) bytes += static_cast<char>(octet);
  return bytes;
}
std::string Bytes(const Address& address) {
  const auto& all = address.bytes();
  return std::string(all.begin() + (address.is_v4() ? 12 : 0), all.end());
}

class EgressSimTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_THAT(stage_.End(), IsEmpty()); }

  Address PeerAddress(int index, bool v4 = true) {
    return stage_.Peer(index).addresses()[v4 ? 0 : 1];
  }
  void Serve(const Address& address) {
    stage_.Listen(stage_.Peer(address == PeerAddress(2) ? 2 : 1), Endpoint{address, kPort});
  }
  // The name `pool` leads there, in that order.
  void Name(std::vector<Address> addresses) {
    stage_.zone()["pool"].addresses = std::move(addresses);
  }
  // By SOCKS5, the name `pool`.
  Talker& Asks(int command, uint16_t port = kPort) {
    return AsksFor(command, Bytes({3, 4}) + "pool", port);
  }
  Talker& AsksFor(int command, const std::string& destination, uint16_t port = kPort) {
    Talker& client = stage_.Client();
    client.Say(Bytes({5, 1, 0, 5, command, 0}) + destination + Bytes({port >> 8, port & 0xff}));
    return client;
  }
  int Reply(Talker& client) {
    EXPECT_TRUE(stage_.AwaitBytes(client, 12));
    return static_cast<uint8_t>(client.Heard()[3]);
  }
  // Where the first reply says that the gateway listens, by IPv4.
  Endpoint Bound(Talker& client) {
    EXPECT_EQ(Reply(client), 0);
    const std::string reply = client.Heard().substr(2, 10);
    const auto octet = [&](size_t i) { return static_cast<uint8_t>(reply[i]); };
    return {Address::FromV4({octet(4), octet(5), octet(6), octet(7)}),
            static_cast<uint16_t>(octet(8) << 8 | octet(9))};
  }
  const AccessRecord& Record(Talker& client) {
    client.Close();
    EXPECT_TRUE(stage_.AwaitQuiet());
    return stage_.gateway().records().back();
  }

  GatewayStage stage_;
  const Address first_ = stage_.gateway_host().addresses()[0];
  const Address second_ = stage_.gateway_host().addresses()[2];
  const std::string by_second_ = absl::StrCat("address = [\"", second_.ToString(), "\"]");
};

// --- CONNECT

TEST_F(EgressSimTest, EachAddressOfANameIsDialledAsItsOwnRuleSays) {
  Name({PeerAddress(1), PeerAddress(2)});
  Serve(PeerAddress(2));
  struct Row {
    int with_egress;
    std::string rule;
    Address from;
  };
  for (const Row& row : {Row{1, "rest", first_}, Row{2, PeerAddress(2).ToString(), second_}}) {
    stage_.Configure(RuleTo(PeerAddress(row.with_egress), by_second_) + kRest);
    Talker& client = Asks(1);
    EXPECT_EQ(Reply(client), 0);
    const AccessRecord& record = Record(client);
    EXPECT_EQ(record.target, (Endpoint{PeerAddress(2), kPort}));
    EXPECT_EQ(record.rule.view(), row.rule);
    EXPECT_EQ(record.egress.address, row.from);
  }
}

TEST_F(EgressSimTest, OtherFamilyIsReachedWhereTheRuleOfOneHasNoWay) {
  Name({PeerAddress(1, /*v4=*/false), PeerAddress(1)});
  Serve(PeerAddress(1));
  for (const std::string& egress :
       {std::string("interface = \"gone0\""), std::string("address = [\"2001:db8::77\"]"),
        std::string("address = [\"2001:db8::1\"]"), by_second_}) {
    stage_.Configure(RuleTo(PeerAddress(1, /*v4=*/false), egress) + kRest);
    Talker& client = Asks(1);
    EXPECT_EQ(Reply(client), 0) << egress;
    EXPECT_EQ(Record(client).rule.view(), "rest");
  }
}

TEST_F(EgressSimTest, AddressThatNewRulesDenyIsNotTried) {
  Name({PeerAddress(1), PeerAddress(2)});
  Serve(PeerAddress(2));
  stage_.network().SetRoute(PeerAddress(1), SimRoute::kSilent);
  std::vector<Endpoint> dialled;
  stage_.Configure(kRest);
  stage_.network().set_dial_observer([&](SimHost& host, SimSocket&, const Endpoint& to) {
    if (&host == &stage_.gateway_host()) dialled.push_back(to);
  });
  Talker& client = Asks(1);
  stage_.Pass(absl::Milliseconds(100));
  stage_.Configure(absl::StrCat("[[rule]]\nname = \"not that\"\ndestination = [\"",
                                PeerAddress(2).ToString(), "\"]\n", kRest));
  EXPECT_EQ(Reply(client), 6);
  EXPECT_THAT(dialled, ::testing::ElementsAre(Endpoint{PeerAddress(1), kPort}));
  stage_.network().set_dial_observer(nullptr);
}

// --- What is missing

TEST_F(EgressSimTest, MissingInterfaceIsTheGatewaysFaultAndIsNamed) {
  stage_.Configure(RuleTo(PeerAddress(1), "interface = \"gone0\"") + kRest);
  Serve(PeerAddress(1));
  for (const int command : {1, 2}) {
    Talker& client = AsksFor(command, Bytes({1}) + Bytes(PeerAddress(1)));
    EXPECT_EQ(Reply(client), 3);
    const AccessRecord& record = Record(client);
    EXPECT_EQ(record.ended_by, EndedBy::kGateway);
    EXPECT_EQ(record.error, ENODEV);
    EXPECT_EQ(record.why, "the rule's egress names an interface that is not there");
    EXPECT_EQ(record.missing.view(), "gone0");
  }
}

TEST_F(EgressSimTest, MissingAddressIsTheGatewaysFaultAndIsNamed) {
  stage_.Configure(RuleTo(PeerAddress(1), "address = [\"10.9.9.9\"]") + kRest);
  Serve(PeerAddress(1));
  for (const int command : {1, 2}) {
    Talker& client = AsksFor(command, Bytes({1}) + Bytes(PeerAddress(1)));
    EXPECT_EQ(Reply(client), 3);
    const AccessRecord& record = Record(client);
    EXPECT_EQ(record.ended_by, EndedBy::kGateway);
    EXPECT_EQ(record.error, EADDRNOTAVAIL);
    EXPECT_EQ(record.why, "the rule's egress names an address that this host does not have");
    EXPECT_EQ(record.egress, (Endpoint{*Address::Parse("10.9.9.9"), 0}));
  }
}

// --- BIND

TEST_F(EgressSimTest, EveryAllowedAddressOfANameMayConnectWhateverItsRuleSays) {
  Name({PeerAddress(1), PeerAddress(2)});
  for (const std::string& egress : {by_second_, std::string("interface = \"eth1\"")}) {
    if (egress != by_second_) stage_.gateway_host().AddInterface("eth1", {second_});
    stage_.Configure(RuleTo(PeerAddress(1), egress) + kRest);
    for (const int peer : {1, 2}) {
      Talker& client = Asks(2);
      const Endpoint bound = Bound(client);
      EXPECT_EQ(bound.address, second_);
      EXPECT_TRUE(stage_.Dial(stage_.Peer(peer), bound).socket().connected());
      EXPECT_TRUE(stage_.AwaitBytes(client, 22));
      EXPECT_EQ(client.Heard()[13], 0);
      EXPECT_EQ(Record(client).rule.view(), peer == 1 ? PeerAddress(1).ToString() : "rest");
    }
  }
}

TEST_F(EgressSimTest, NextPeerIsListenedForWhereTheRuleOfOneHasNoWay) {
  Name({PeerAddress(1), PeerAddress(2)});
  stage_.Configure(RuleTo(PeerAddress(1), "interface = \"gone0\"") + kRest);
  EXPECT_EQ(Bound(Asks(2)).address, first_);
}

TEST_F(EgressSimTest, BindTakesTheNextAddressWhereOneHasNoPortLeft) {
  const std::string both =
      absl::StrCat("address = [\"", first_.ToString(), "\", \"", second_.ToString(), "\"]");
  const std::string to_peer = Bytes({1}) + Bytes(PeerAddress(1));
  stage_.Configure("bind_ports = \"20000-20001\"\n" + RuleTo(PeerAddress(1), both));
  std::vector<Address> at;
  for (int i = 0; i < 4; ++i) at.push_back(Bound(AsksFor(2, to_peer)).address);
  EXPECT_THAT(at, ::testing::ElementsAre(first_, first_, second_, second_));
  Talker& fifth = AsksFor(2, to_peer);
  EXPECT_EQ(Reply(fifth), 1);
  stage_.Configure(RuleTo(PeerAddress(1), both));
  stage_.gateway_host().ExhaustPorts(first_);
  EXPECT_EQ(Bound(AsksFor(2, to_peer)).address, second_);
}

// --- BIND for any peer

constexpr char kAnyPeer[] =
    "[[rule]]\nname = \"all\"\ndestination = [\"any\", \"special-use\"]\nverdict = \"allow\"\n"
    "bind_any_peer = true\n";

class BindForAnyPeerTest : public EgressSimTest {
 protected:
  Endpoint BoundFor(uint16_t port) { return Bound(AsksFor(2, Bytes({1, 0, 0, 0, 0}), port)); }
};

TEST_F(BindForAnyPeerTest, PortOfTheRequestIsTakenWhereItIsFree) {
  stage_.Configure(kAnyPeer);
  EXPECT_EQ(BoundFor(4000).port, 4000);
  const uint16_t other = BoundFor(4000).port;
  EXPECT_NE(other, 4000);
  EXPECT_NE(other, 0);
  EXPECT_NE(BoundFor(0).port, 0);
  // Ports that only root may take are for who lists them.
  EXPECT_NE(BoundFor(21).port, 21);
}

TEST_F(BindForAnyPeerTest, PortOfTheRequestIsTakenOnlyOfTheRange) {
  stage_.Configure(std::string("bind_ports = \"20-1999\"\n") + kAnyPeer);
  EXPECT_EQ(BoundFor(21).port, 21);
  const uint16_t other = BoundFor(2000).port;
  EXPECT_GE(other, 20);
  EXPECT_LE(other, 1999);
}

TEST_F(BindForAnyPeerTest, WhoNamesItsPeerNamesThePortOfThatPeer) {
  stage_.Configure(kAnyPeer);
  EXPECT_NE(Bound(AsksFor(2, Bytes({1}) + Bytes(PeerAddress(1)), 4000)).port, 4000);
}

TEST_F(BindForAnyPeerTest, Socks4AsksTheSame) {
  stage_.Configure(kAnyPeer);
  Talker& client = stage_.Client();
  client.Say(Bytes({4, 2, 4000 >> 8, 4000 & 0xff, 0, 0, 0, 0, 0}));
  EXPECT_TRUE(stage_.AwaitBytes(client, 8));
  EXPECT_EQ(client.Heard().substr(0, 4), Bytes({0, 0x5a, 4000 >> 8, 4000 & 0xff}));
}

}  // namespace
}  // namespace sluice
