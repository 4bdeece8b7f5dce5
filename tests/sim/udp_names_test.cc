// UDP ASSOCIATE to names.

#include "tests/sim/udp_association_stage.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

class UdpNamesTest : public UdpAssociationStage {
 protected:
  static constexpr absl::Duration kLookUp = absl::Seconds(3);  // of a slow name

  static SimName SlowName(std::vector<Address> addresses) {
    SimName name = Name(std::move(addresses));
    name.answered_after = kLookUp;
    return name;
  }
  // With everything allowed, and slow.test at target4_.
  void AssociateWithSlowName() {
    zone_["slow.test"] = SlowName({kTarget4.address});
    Configure(kAllowAll);
    Associate();
  }
  // Until slow names that were asked for have been answered.
  void LookUp() {
    gateway_->RunUntil(network_.now() + kLookUp, [] { return false; });
  }
  size_t hold_room() { return gateway_->gateway().shards()[0]->udp().hold_room(); }
};

TEST_F(UdpNamesTest, NameIsResolvedOffTheDataPathAndStaysPinned) {
  zone_["dns.test"] = SimName{.addresses = {kTarget4.address},
                              .answered_after = absl::Milliseconds(30),
                              .ttl = absl::Seconds(1)};
  Configure(kAllowAll);
  Associate();
  SayUp(HeaderOfName("dns.test", 7000) + "held");
  SayUp(HeaderOfName("dns.test", 7000) + "known now");
  EXPECT_THAT(Heard(target4_), ElementsAre("held", "known now"));
  Say(target4_, last_from_, "answer");
  EXPECT_THAT(Heard(client_), ElementsAre(Header(kTarget4) + "answer"));
  zone_["dns.test"].addresses = {At("203.0.113.2")};
  gateway_->RunUntil(network_.now() + absl::Seconds(30), [] { return false; });
  SayUp(HeaderOfName("dns.test", 7000) + "still there");
  EXPECT_THAT(Heard(target4_), ElementsAre("still there"));
}

TEST_F(UdpNamesTest, DatagramsToANameAreHeldWhileItIsLookedUpAndOthersGoOn) {
  AssociateWithSlowName();
  SayUp(HeaderOfName("slow.test", 7000) + "one");
  SayUp(HeaderOfName("slow.test", 7000) + "two");
  SayUp(Header(kTarget4) + "to an address");
  EXPECT_THAT(Heard(target4_), ElementsAre("to an address"));
  LookUp();
  // the network may turn them round
  EXPECT_THAT(Heard(target4_), UnorderedElementsAre("one", "two"));
  EXPECT_EQ(counters().datagrams_dropped_unresolved.value(), 0u);
  EXPECT_EQ(counters().datagrams_up.value(), 3u);
  EXPECT_EQ(hold_room(), limits::kHeldBytesPerShard);
}

TEST_F(UdpNamesTest, HeldDatagramsAreForTheRulesOfWhenTheyGo) {
  zone_["nowhere.test"] = SlowName({});
  zone_["nowhere.test"].status = NameAnswer::Status::kNotFound;
  AssociateWithSlowName();
  SayUp(HeaderOfName("slow.test", 7000) + "x");
  SayUp(HeaderOfName("nowhere.test", 7000) + "x");
  Configure("[[rule]]\nname = \"not this\"\ndestination = [\"203.0.113.1\"]\n");
  LookUp();
  EXPECT_THAT(Heard(target4_), IsEmpty());
  EXPECT_EQ(counters().datagrams_dropped_denied.value(), 1u);
  EXPECT_EQ(counters().datagrams_dropped_unresolved.value(), 1u);
}

TEST_F(UdpNamesTest, NoMoreIsHeldThanThereIsRoomFor) {
  AssociateWithSlowName();
  const std::string header = HeaderOfName("slow.test", 7000);
  SayUp(header + std::string(limits::kHeldBytesPerName + 1 - header.size(), 'x'));
  EXPECT_EQ(counters().datagrams_dropped_unresolved.value(), 1u);
  std::vector<std::string> first;
  for (size_t i = 0; i < limits::kHeldDatagramsPerName + 2; ++i) {
    SayUp(absl::StrCat(header, i));
    if (i < limits::kHeldDatagramsPerName) first.push_back(absl::StrCat(i));
  }
  EXPECT_EQ(counters().datagrams_dropped_unresolved.value(), 3u);
  LookUp();
  EXPECT_THAT(Heard(target4_), UnorderedElementsAreArray(first));
}

TEST_F(UdpNamesTest, WhatIsHeldAtItsEndIsDroppedAndCounted) {
  AssociateWithSlowName();
  SayUp(HeaderOfName("slow.test", 7000) + "x");
  SayUp(HeaderOfName("slow.test", 7000) + "y");
  EXPECT_LT(hold_room(), limits::kHeldBytesPerShard);
  control_->Close();
  Settle();
  EXPECT_EQ(Record().datagrams_dropped, 2u);
  EXPECT_EQ(counters().datagrams_dropped_unresolved.value(), 2u);
  EXPECT_EQ(hold_room(), limits::kHeldBytesPerShard);
  LookUp();
  EXPECT_THAT(Heard(target4_), IsEmpty());
}

TEST_F(UdpNamesTest, NameLeadsOnlyToAddressesThatAreAllowed) {
  zone_["mixed.test"] = Name({At("127.0.0.1"), At("203.0.113.2"), kTarget4.address});
  zone_["inside.test"] = Name({At("127.0.0.1"), At("10.0.0.2")});
  Configure(
      absl::StrCat("[[rule]]\nname = \"not that\"\ndestination = [\"203.0.113.2\"]\n", kAllowAll));
  Associate();
  SayUp(HeaderOfName("mixed.test", 7000) + "x");
  EXPECT_THAT(Heard(target4_), ElementsAre("x"));
  SayUp(HeaderOfName("inside.test", 7000) + "x");
  SayUp(HeaderOfName("nothing.test", 7000) + "x");
  EXPECT_EQ(counters().datagrams_dropped_denied.value(), 1u);
  EXPECT_EQ(counters().datagrams_dropped_unresolved.value(), 1u);
}

TEST_F(UdpNamesTest, RuleForANameIsNoRuleForItsAddress) {
  zone_["good.test"] = Name({kTarget4.address});
  Configure(
      "[[rule]]\nname = \"by name\"\ndestination = [\"good.test\"]\nverdict = \"allow\"\n"
      "[[rule]]\nname = \"rest\"\ndestination = [\"203.0.113.0/24\"]\n"
      "[[rule]]\nname = \"open\"\nverdict = \"allow\"\n");
  Associate();
  SayUp(Header(kTarget4) + "by address");
  SayUp(HeaderOfName("good.test", 7000) + "by name");
  SayUp(Header(kTarget4) + "by address again");
  EXPECT_THAT(Heard(target4_), ElementsAre("by name"));
  Say(target4_, last_from_, "answer");
  EXPECT_THAT(Heard(client_), ElementsAre(Header(kTarget4) + "answer"));
  EXPECT_EQ(counters().datagrams_dropped_denied.value(), 2u);
}

TEST_F(UdpNamesTest, AsManyNamesAsThereMayBeAreLookedUpAtATimeAndNothingIsLost) {
  Configure(kAllowAll);
  Associate();
  std::vector<std::string> names;
  for (size_t i = 0; i < limits::kUdpNamesMax; ++i) {
    names.push_back(absl::StrCat("n", i, ".test"));
    zone_[names.back()] = SlowName({kTarget4.address});
    const std::string datagram = HeaderOfName(names.back(), 7000) + names.back();
    EXPECT_EQ(client_->SendTo(relay_, {datagram.begin(), datagram.end()}), 0);
  }
  Settle();
  EXPECT_THAT(Heard(target4_), IsEmpty());
  zone_["one-more.test"] = SlowName({kTarget4.address});
  SayUp(HeaderOfName("one-more.test", 7000) + "x");
  EXPECT_EQ(counters().datagrams_dropped_unresolved.value(), 1u);
  LookUp();
  EXPECT_THAT(Heard(target4_), UnorderedElementsAreArray(names));
  // All of them are pinned: no name server is asked again.
  zone_.clear();
  for (const std::string& name : names) SayUp(HeaderOfName(name, 7000) + name);
  EXPECT_THAT(Heard(target4_), UnorderedElementsAreArray(names));
}

TEST_F(UdpNamesTest, MoreNamesThanAreKeptTakeTurns) {
  Configure(kAllowAll);
  Associate();
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < limits::kUdpNamesMax + 12; ++i) {
      const std::string name = absl::StrCat("n", i, ".test");
      zone_[name] = Name({kTarget4.address});
      SayUp(HeaderOfName(name, 7000) + name);
      EXPECT_THAT(Heard(target4_), ElementsAre(name));
    }
  }
}

// The rules cannot be asked about whom nobody knows by name any more.
TEST_F(UdpNamesTest, AnswersByAForgottenNameComeUntilTheRulesChange) {
  zone_["first.test"] = Name({kTarget4.address});
  Configure(kAllowAll);
  Associate();
  SayUp(HeaderOfName("first.test", 7000) + "x");
  EXPECT_THAT(Heard(target4_), ElementsAre("x"));
  const Endpoint egress = last_from_;
  for (size_t i = 0; i < limits::kUdpNamesMax; ++i) {
    const std::string name = absl::StrCat("n", i, ".test");
    zone_[name] = Name({At("203.0.113.2")});
    SayUp(HeaderOfName(name, 7000) + "x");
  }
  Say(target4_, egress, "y");
  EXPECT_THAT(Heard(client_), ElementsAre(Header(kTarget4) + "y"));
  Configure(kAllowAll);
  Say(target4_, egress, "z");
  EXPECT_THAT(Heard(client_), IsEmpty());
  SayUp(HeaderOfName("first.test", 7000) + "x");
  Say(target4_, egress, "z");
  EXPECT_THAT(Heard(client_), ElementsAre(Header(kTarget4) + "z"));
}

}  // namespace
}  // namespace sluice
