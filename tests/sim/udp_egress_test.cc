// How the datagrams of an association leave the gateway: by the egress of the rule that lets each
// of them go.

#include "tests/sim/udp_association_stage.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string RuleTo(const std::string& destination, const std::string& egress) {
  return absl::StrCat("[[rule]]\nname = \"to ", destination, "\"\ndestination = [\"", destination,
                      "\"]\negress = { ", egress, " }\nverdict = \"allow\"\n");
}

using UdpEgressTest = UdpAssociationStage;

TEST_F(UdpEgressTest, DatagramsLeaveByTheEgressOfTheirRule) {
  Configure(RuleTo("any", "address = [\"10.9.9.9\", \"10.0.0.2\"]"));
  Associate();
  SayUp(Header(kTarget4) + "x");
  EXPECT_THAT(Heard(target4_), ElementsAre("x"));
  EXPECT_EQ(last_from_.address, At("10.0.0.2"));
}

TEST_F(UdpEgressTest, EachTargetIsReachedAsItsOwnRuleSaysAndAsTheRulesOfNowSay) {
  zone_["second.test"] = Name({At("203.0.113.2")});
  Configure(RuleTo("second.test", "address = [\"10.0.0.2\"]") + kAllowAll);
  Associate();
  SimDatagramSocket* second = Open(target_host_, Endpoint{At("203.0.113.2"), 7000});
  SayUp(Header(kTarget4) + "x");
  EXPECT_THAT(Heard(target4_), ElementsAre("x"));
  EXPECT_EQ(last_from_.address, At("10.0.0.1"));
  SayUp(HeaderOfName("second.test", 7000) + "x");
  EXPECT_THAT(Heard(second), ElementsAre("x"));
  EXPECT_EQ(last_from_.address, At("10.0.0.2"));
  Say(second, last_from_, "y");
  EXPECT_THAT(Heard(client_), ElementsAre(Header(second->at()) + "y"));
  SayUp(Header(second->at()) + "x");
  EXPECT_THAT(Heard(second), ElementsAre("x"));
  EXPECT_EQ(last_from_.address, At("10.0.0.1"));
  Configure(RuleTo("203.0.113.1", "address = [\"10.0.0.2\"]") + kAllowAll);
  SayUp(Header(kTarget4) + "x");
  EXPECT_THAT(Heard(target4_), ElementsAre("x"));
  EXPECT_EQ(last_from_.address, At("10.0.0.2"));
}

TEST_F(UdpEgressTest, NextAddressIsTakenWhereOneHasNoPortLeft) {
  Configure(RuleTo("any", "address = [\"10.0.0.1\", \"10.0.0.2\"]"));
  Associate();
  gateway_host_.ExhaustPorts(At("10.0.0.1"));
  SayUp(Header(kTarget4) + "x");
  EXPECT_THAT(Heard(target4_), ElementsAre("x"));
  EXPECT_EQ(last_from_.address, At("10.0.0.2"));
}

TEST_F(UdpEgressTest, WhatHasNoWayOutIsCountedAndTheRestGoesOn) {
  Configure(RuleTo("203.0.113.2", "interface = \"gone0\"") +
            RuleTo("203.0.113.3", "address = [\"10.9.9.9\"]") +
            RuleTo("2001:db8:7::1", "address = [\"10.0.0.2\"]") + kAllowAll);
  Associate();
  for (const Address& missing : {At("203.0.113.2"), At("203.0.113.3"), kTarget6.address})
    SayUp(Header(Endpoint{missing, 7000}) + "x");
  EXPECT_EQ(counters().datagrams_dropped_egress.value(), 3u);
  SayUp(Header(kTarget4) + "x");
  EXPECT_THAT(Heard(target4_), ElementsAre("x"));
}

TEST_F(UdpEgressTest, NameIsPinnedToAnAddressThatItsRuleCanReach) {
  zone_["both.test"] = Name({At("203.0.113.2"), kTarget6.address, kTarget4.address});
  Configure(RuleTo("203.0.113.2", "interface = \"gone0\"") +
            RuleTo("2001:db8:7::1", "address = [\"10.0.0.2\"]") + kAllowAll);
  Associate();
  SayUp(HeaderOfName("both.test", 7000) + "x");
  EXPECT_THAT(Heard(target4_), ElementsAre("x"));
}

TEST_F(UdpEgressTest, ThereAreOnlySoManyWaysOutOfOneAssociation) {
  std::string rules;
  std::vector<SimDatagramSocket*> targets;
  for (size_t i = 0; i <= limits::kUdpSocketsMax; ++i) {
    targets.push_back(
        Open(target_host_, Endpoint{kTarget4.address, static_cast<uint16_t>(8000 + i)}));
    rules += absl::StrCat("[[rule]]\nname = \"", i, "\"\ndestination_ports = [\"", 8000 + i,
                          "\"]\negress = { address = [\"10.9.9.", i,
                          "\", \"10.0.0.2\"] }\nverdict = \"allow\"\n");
  }
  Configure(rules);
  Associate();
  for (SimDatagramSocket* target : targets) SayUp(Header(target->at()) + "x");
  for (size_t i = 0; i < limits::kUdpSocketsMax; ++i) {
    EXPECT_THAT(Heard(targets[i]), ElementsAre("x"));
  }
  EXPECT_THAT(Heard(targets.back()), IsEmpty());
  EXPECT_EQ(counters().datagrams_dropped_egress.value(), 1u);
}

}  // namespace
}  // namespace sluice
