// BIND and UDP ASSOCIATE, where the address of a request is not yet, or not only, the address of
// what the client will talk to.

#include <string>

#include "gtest/gtest.h"
#include "policy/asked_policy.h"

namespace sluice {
namespace {

class OpenQuestionTest : public AskedPolicy {
 protected:
  std::string Associate(std::string_view address = "0.0.0.0", uint16_t port = 0) {
    request_.command = PolicyCommand::kUdpAssociate;
    request_.port = port;
    request_.datagram = false;
    return To(address);
  }
  std::string Datagram(std::string_view address, uint16_t port) {
    request_.command = PolicyCommand::kUdpAssociate;
    request_.port = port;
    request_.datagram = true;
    return To(address);
  }
  std::string Bind(std::string_view address, uint16_t port = 0) {
    request_.command = PolicyCommand::kBind;
    request_.port = port;
    request_.datagram = false;
    return To(address);
  }
};

TEST_F(OpenQuestionTest, AnAssociationIsAllowedByTheFirstRuleThatCouldAllowADatagram) {
  Compile(R"([[rule]]
             name = "no time"
             destination_ports = ["123"]
             [[rule]]
             name = "not there"
             destination = ["203.0.113.0/24"]
             [[rule]]
             name = "names"
             destination = ["198.51.100.0/24"]
             destination_ports = ["53"]
             verdict = "allow"
             [[rule]]
             name = "nothing else"
             [[rule]]
             name = "too late"
             verdict = "allow")");
  for (const uint16_t port : {uint16_t{0}, uint16_t{5353}}) {
    EXPECT_EQ(Associate("0.0.0.0", port), "allow: names");
    EXPECT_EQ(Associate("::", port), "allow: names");
  }
  EXPECT_EQ(Datagram("198.51.100.1", 53), "allow: names");
  EXPECT_EQ(Datagram("198.51.100.1", 54), "deny: nothing else");
  EXPECT_EQ(Datagram("203.0.113.1", 53), "deny: not there");
  EXPECT_EQ(Datagram("198.51.100.1", 123), "deny: no time");
}

TEST_F(OpenQuestionTest, AnAssociationIsDeniedWhereNoDatagramCouldBeAllowed) {
  Compile(R"([[rule]]
             name = "not here"
             source = ["192.0.2.99"]
             [[rule]]
             name = "all"
             verdict = "allow")");
  EXPECT_EQ(Associate(), "deny: not here");
  request_.client.address = *Address::Parse("192.0.2.98");
  EXPECT_EQ(Associate(), "allow: all");
  Compile(R"([[rule]]
             name = "connections"
             commands = ["connect"]
             verdict = "allow")");
  EXPECT_EQ(Associate(), "deny: default deny");
}

TEST_F(OpenQuestionTest, ZerosOfADatagramOrBehindANameAreSpecialUse) {
  Compile("[[rule]]\nname = \"all\"\nverdict = \"allow\"\n");
  EXPECT_EQ(Associate(), "allow: all");
  EXPECT_EQ(Datagram("0.0.0.0", 53), "deny: default deny, special use");
  EXPECT_EQ(Datagram("::", 53), "deny: default deny, special use");
  request_.datagram = false;
  EXPECT_EQ(To("0.0.0.0", "zero.example"), "deny: default deny, special use");
  EXPECT_EQ(Associate("127.0.0.1"), "deny: default deny, special use");
}

TEST_F(OpenQuestionTest, ABindForAnyPeerNeedsARuleThatSaysSo) {
  Compile(R"([[rule]]
             name = "all"
             destination = ["any", "special-use"]
             source_ports = ["40000"]
             verdict = "allow")");
  EXPECT_EQ(Bind("198.51.100.1"), "allow: all");
  EXPECT_EQ(Bind("0.0.0.0"), "deny: default deny");
  EXPECT_EQ(Bind("::", 21), "deny: default deny");
  Compile(R"([[rule]]
             name = "one peer"
             verdict = "allow"
             [[rule]]
             name = "not there"
             destination = ["203.0.113.0/24"]
             [[rule]]
             name = "any peer"
             destination = ["198.51.100.0/24"]
             bind_any_peer = true
             verdict = "allow")");
  EXPECT_EQ(Bind("0.0.0.0"), "allow: any peer");
  EXPECT_EQ(Bind("::", 21), "allow: any peer");
  EXPECT_TRUE(snapshot_->Grant(2).bind_any_peer);
  EXPECT_EQ(Bind("198.51.100.1"), "allow: one peer");
  request_.command = PolicyCommand::kConnect;
  EXPECT_EQ(To("0.0.0.0"), "deny: default deny, special use");
}

TEST_F(OpenQuestionTest, ADenialOfEveryPeerComesBeforeARuleForAnyPeer) {
  Compile(R"([[rule]]
             name = "no bind"
             commands = ["bind"]
             [[rule]]
             name = "any peer"
             bind_any_peer = true
             verdict = "allow")");
  EXPECT_EQ(Bind("0.0.0.0"), "deny: no bind");
}

}  // namespace
}  // namespace sluice
