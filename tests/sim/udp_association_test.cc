// UDP ASSOCIATE through the whole gateway on simulated ground.

#include "tests/sim/udp_association_stage.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using UdpAssociationTest = UdpAssociationStage;

// --- Relaying

TEST_F(UdpAssociationTest, DatagramsGoBothWaysWithTheirHeaders) {
  Configure(kAllowAll);
  Associate();
  SayUp(Header(kTarget4) + "question");
  EXPECT_THAT(Heard(target4_), ElementsAre("question"));
  EXPECT_EQ(last_from_.address, kService.address);
  Say(target4_, last_from_, "answer");
  EXPECT_THAT(Heard(client_), ElementsAre(Header(kTarget4) + "answer"));
  EXPECT_EQ(last_from_, relay_);
}

TEST_F(UdpAssociationTest, OnlyDatagramsInNumbersLetTurnsGather) {
  Configure(kAllowAll);
  Associate();
  for (int i = 0; i < 5; ++i) {
    SayUp(Header(kTarget4) + "question");
    EXPECT_THAT(Heard(target4_), ElementsAre("question"));
    Say(target4_, last_from_, "answer");
  }
  EXPECT_EQ(gateway_->kernels()[0]->TurnsGathered(), 0u);
  // All of them arrive before the gateway looks.
  const std::string one = Header(kTarget4) + "one of many";
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(client_->SendTo(relay_, std::vector<uint8_t>(one.begin(), one.end())), 0);
  network_.clock().AdvanceTo(network_.now() + absl::Milliseconds(100));
  Settle();
  EXPECT_GT(gateway_->kernels()[0]->TurnsGathered(), 0u);
  EXPECT_EQ(gateway_->kernels()[0]->datagrams_gathered(), 5u + 5u + 5u);
}

TEST_F(UdpAssociationTest, OneAssociationReachesBothFamilies) {
  Configure(kAllowAll);
  Associate();
  SayUp(Header(kTarget6) + "six");
  SayUp(Header(kTarget4) + "four");
  EXPECT_THAT(Heard(target6_), ElementsAre("six"));
  Say(target6_, last_from_, "6");
  EXPECT_THAT(Heard(target4_), ElementsAre("four"));
  Say(target4_, last_from_, "4");
  EXPECT_THAT(Heard(client_), ElementsAre(Header(kTarget6) + "6", Header(kTarget4) + "4"));
}

TEST_F(UdpAssociationTest, EmptyAndLargestDataAreRelayedAndWhatDoesNotFitIsDropped) {
  Configure(kAllowAll);
  Associate();
  SayUp(Header(kTarget4));
  EXPECT_THAT(Heard(target4_), ElementsAre(""));
  Say(target4_, last_from_, "");
  EXPECT_THAT(Heard(client_), ElementsAre(Header(kTarget4)));
  const std::string largest(Kernel::kDatagramBytesMax - 10, 'x');
  SayUp(Header(kTarget4) + largest);
  EXPECT_THAT(Heard(target4_), ElementsAre(largest));
  const Endpoint egress = last_from_;
  Say(target4_, egress, largest);
  const std::vector<std::string> heard = Heard(client_);
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_TRUE(heard[0] == Header(kTarget4) + largest);
  Say(target4_, egress, largest + "x");
  EXPECT_THAT(Heard(client_), IsEmpty());
  EXPECT_EQ(counters().datagrams_dropped_unsent.value(), 1u);
}

// --- Whose datagrams

TEST_F(UdpAssociationTest, FirstValidDatagramSettlesThePort) {
  Configure(kAllowAll);
  Associate();
  SimDatagramSocket* other = Open(client_host_, Endpoint{At("192.168.0.10"), 5001});
  Say(other, relay_, Bytes({0, 0, 0, 9}));
  Say(other, relay_, Bytes({0, 0, 1}) + Wire(kTarget4));
  SayUp(Header(kTarget4) + "a");
  Say(other, relay_, Header(kTarget4) + "b");
  EXPECT_THAT(Heard(target4_), ElementsAre("a"));
  EXPECT_EQ(counters().datagrams_dropped_sender.value(), 1u);
  EXPECT_EQ(counters().datagrams_dropped_malformed.value(), 1u);
  EXPECT_EQ(counters().datagrams_dropped_fragment.value(), 1u);
}

TEST_F(UdpAssociationTest, OtherHostsAreNotTheClient) {
  Configure(kAllowAll);
  Associate();
  SimDatagramSocket* stranger = Open(stranger_host_, Endpoint{At("192.168.0.66"), 5000});
  Say(stranger, relay_, Header(kTarget4) + "x");
  EXPECT_THAT(Heard(target4_), IsEmpty());
  EXPECT_EQ(counters().datagrams_dropped_sender.value(), 1u);
}

TEST_F(UdpAssociationTest, RequestLimitsThePortOnlyWhereItNamesTheClient) {
  Configure(kAllowAll);
  Associate(Endpoint{At("192.168.0.10"), 5001});
  SayUp(Header(kTarget4) + "from another port");
  EXPECT_THAT(Heard(target4_), IsEmpty());
  SimDatagramSocket* named = Open(client_host_, Endpoint{At("192.168.0.10"), 5001});
  Say(named, relay_, Header(kTarget4) + "as said");
  EXPECT_THAT(Heard(target4_), ElementsAre("as said"));
  // The target's address, and one from behind a NAT, are no limit.
  Associate(kTarget4);
  SayUp(Header(kTarget4) + "x");
  EXPECT_THAT(Heard(target4_), ElementsAre("x"));
}

// --- What is worth nothing

TEST_F(UdpAssociationTest, NothingThatIsMalformedEndsIt) {
  Configure(kAllowAll);
  Associate();
  for (const std::string& bad :
       {std::string(), Bytes({0}), Bytes({0, 0, 0, 9}) + "xxxx", Header(kTarget4).substr(0, 9),
        Header(Endpoint{kTarget4.address, 0}), Header(Endpoint{kNobody.address, 7}),
        HeaderOfName("", 7), HeaderOfName(std::string("a\0b", 3), 7)}) {
    SayUp(bad);
  }
  EXPECT_EQ(counters().datagrams_dropped_malformed.value(), 8u);
  SayUp(Bytes({7, 7, 0}) + Wire(kTarget4) + "RSV is not looked at");
  EXPECT_THAT(Heard(target4_), ElementsAre("RSV is not looked at"));
  control_->Close();
  Settle();
  EXPECT_EQ(Record().datagrams_dropped, 8u);
  EXPECT_EQ(Record().datagrams_up, 1u);
}

TEST_F(UdpAssociationTest, WhatCannotBeSentIsDroppedAndCounted) {
  Configure(kAllowAll);
  Associate();
  SimFaults faults;
  faults.datagram_socket_full = 1;
  network_.SetFaults(faults);
  EXPECT_EQ(client_->SendTo(relay_, {}), -EAGAIN);  // the client's as well
  network_.SetFaults(SimFaults());
  std::string datagram = Header(kTarget4) + "x";
  client_->SendTo(relay_, std::vector<uint8_t>(datagram.begin(), datagram.end()));
  network_.SetFaults(faults);
  Settle();
  EXPECT_EQ(counters().datagrams_dropped_unsent.value(), 1u);
  network_.SetFaults(SimFaults());
  SayUp(Header(kTarget4) + "y");
  EXPECT_THAT(Heard(target4_), ElementsAre("y"));
}

// --- The rules

TEST_F(UdpAssociationTest, EveryDestinationIsDecidedAndAgainWhenTheRulesChange) {
  Configure(
      absl::StrCat("[[rule]]\nname = \"not that\"\ndestination = [\"203.0.113.2\"]\n", kAllowAll));
  Associate();
  SimDatagramSocket* denied = Open(target_host_, Endpoint{At("203.0.113.2"), 7000});
  for (int i = 0; i < 3; ++i) SayUp(Header(denied->at()) + "x");
  SayUp(Header(Endpoint{At("10.0.0.2"), 9}) + "the gateway itself");
  SayUp(Header(Endpoint{At("127.0.0.1"), 9}) + "loopback");
  SayUp(Header(Endpoint{At("224.0.0.1"), 9}) + "multicast");
  SayUp(Header(Endpoint{At("255.255.255.255"), 9}) + "broadcast");
  SayUp(Header(kTarget4) + "allowed");
  EXPECT_THAT(Heard(denied), IsEmpty());
  EXPECT_THAT(Heard(target4_), ElementsAre("allowed"));
  EXPECT_EQ(counters().datagrams_dropped_denied.value(), 7u);
  const Endpoint egress = last_from_;
  Configure(
      absl::StrCat("[[rule]]\nname = \"not this\"\ndestination = [\"203.0.113.1\"]\n", kAllowAll));
  SayUp(Header(denied->at()) + "now");
  SayUp(Header(kTarget4) + "no longer");
  EXPECT_THAT(Heard(denied), ElementsAre("now"));
  EXPECT_THAT(Heard(target4_), IsEmpty());
  Say(target4_, egress, "an answer that is no longer allowed");
  EXPECT_THAT(Heard(client_), IsEmpty());
}

TEST_F(UdpAssociationTest, OnlyThoseAnswerThatWereAsked) {
  Configure(kAllowAll);
  Associate();
  SayUp(Header(kTarget4) + "x");
  Heard(target4_);
  const Endpoint egress = last_from_;
  SimDatagramSocket* stranger = Open(stranger_host_, Endpoint{At("203.0.113.66"), 7000});
  SimDatagramSocket* other_port = Open(target_host_, Endpoint{kTarget4.address, 7001});
  Say(stranger, egress, "nobody asked");
  Say(other_port, egress, "nobody asked here");
  EXPECT_THAT(Heard(client_), IsEmpty());
  EXPECT_EQ(counters().datagrams_dropped_unsolicited.value(), 2u);
  Configure("[[rule]]\nname = \"all\"\nudp_any_peer = true\nverdict = \"allow\"\n");
  Say(stranger, egress, "hello");
  EXPECT_THAT(Heard(client_), ElementsAre(Header(stranger->at()) + "hello"));
}

TEST_F(UdpAssociationTest, AsManyTargetsAsThereMayBeAreAnsweredAndNothingIsLost) {
  Configure(kAllowAll);
  Associate();
  std::vector<SimDatagramSocket*> targets;
  for (size_t i = 0; i < limits::kUdpTargetsMax; ++i) {
    const Endpoint at{kTarget4.address, static_cast<uint16_t>(10'000 + i)};
    targets.push_back(Open(target_host_, at));
    const std::string datagram = Header(at) + "x";
    EXPECT_EQ(client_->SendTo(relay_, {datagram.begin(), datagram.end()}), 0);
    if (i % 16 == 0) Settle();
  }
  Settle();
  size_t answered = 0;
  for (size_t i = 0; i < targets.size(); ++i) {
    EXPECT_THAT(Heard(targets[i]), ElementsAre("x")) << i;
    EXPECT_EQ(targets[i]->SendTo(last_from_, {'y'}), 0);
    if (i % 16 != 15) continue;
    Settle();
    answered += Heard(client_).size();
  }
  EXPECT_EQ(answered, targets.size());
  EXPECT_EQ(counters().datagrams_dropped_unsolicited.value(), 0u);
}

TEST_F(UdpAssociationTest, AssociationIsDeniedWhereTheRulesDenyIt) {
  Configure("[[rule]]\nname = \"tcp\"\ncommands = [\"connect\"]\nverdict = \"allow\"\n");
  EXPECT_EQ(Request(Wire(kNobody)), Bytes({5, 2, 0, 1, 0, 0, 0, 0, 0, 0}));
}

// --- Its end

TEST_F(UdpAssociationTest, EndsWithTheControlConnectionAndItsPortIsClosed) {
  Configure(kAllowAll);
  for (const bool reset : {false, true}) {
    Associate();
    SayUp(Header(kTarget4) + "x");
    EXPECT_EQ(Heard(target4_).size(), 1u);
    reset ? control_->CloseWithReset() : control_->Close();
    Settle();
    EXPECT_EQ(gateway_->sessions_open(), 0);
    SayUp(Header(kTarget4) + "x");
    EXPECT_THAT(Heard(target4_), IsEmpty());
    EXPECT_NE(Open(gateway_host_, relay_), nullptr);
    EXPECT_EQ(Record().ended_by, EndedBy::kClient);
    EXPECT_EQ(Record().state, SessionState::kAssociation);
    EXPECT_EQ(Record().bound, relay_);
    EXPECT_EQ(Record().bytes_up, 1u);
    EXPECT_EQ(Record().datagrams_up, 1u);
  }
}

TEST_F(UdpAssociationTest, IdleTimeoutCountsFromTheLastDatagramOfEitherDirection) {
  Configure(kAllowAll, "[timeouts]\nudp_idle = \"60s\"\n");
  Associate();
  SayUp(Header(kTarget4) + "x");
  Heard(target4_);
  gateway_->RunUntil(network_.now() + absl::Seconds(50), [] { return false; });
  Say(target4_, last_from_, "y");
  gateway_->RunUntil(network_.now() + absl::Seconds(50), [] { return false; });
  // What is dropped is no life.
  SayUp("not valid");
  EXPECT_EQ(gateway_->sessions_open(), 1);
  gateway_->RunUntil(network_.now() + absl::Seconds(11), [] { return false; });
  EXPECT_EQ(gateway_->sessions_open(), 0);
  EXPECT_EQ(Record().ended_by, EndedBy::kTimeout);
  EXPECT_TRUE(control_->fin_received());
}

TEST_F(UdpAssociationTest, BytesOnTheControlConnectionMeanNothingUntilTheyAreTooMany) {
  Configure(kAllowAll);
  Associate();
  EXPECT_EQ(Exchange(*control_, "abc"), "");
  SayUp(Header(kTarget4) + "x");
  EXPECT_THAT(Heard(target4_), ElementsAre("x"));
  for (int i = 0; i < 20 && gateway_->sessions_open() > 0; ++i)
    Exchange(*control_, std::string(8192, 'x'));
  EXPECT_EQ(gateway_->sessions_open(), 0);
  EXPECT_EQ(Record().ended_by, EndedBy::kLimit);
}

// --- Where it is

TEST_F(UdpAssociationTest, ThereAreNoMoreThanAShardMayHave) {
  Configure(kAllowAll);
  Associate();
  Associate();
  EXPECT_EQ(Request(Wire(kNobody)), Bytes({5, 1, 0, 1, 0, 0, 0, 0, 0, 0}));
  control_->Close();
  controls_[0]->Close();
  Settle();
  Associate();
}

TEST_F(UdpAssociationTest, PortIsOfTheRangeAndTakenOnesAreSteppedOver) {
  Configure(kAllowAll, "udp_ports = \"30000-30002\"\n");
  SimDatagramSocket* taken = Open(gateway_host_, Endpoint{kService.address, 30001});
  Associate();
  const uint16_t first = relay_.port;
  Associate();
  EXPECT_EQ(first + relay_.port, 30000 + 30002);
  control_->Close();
  Settle();
  taken->Close();
  Open(gateway_host_, Endpoint{At("10.0.0.1"), relay_.port});
  Associate();
  EXPECT_EQ(relay_.port, 30001);
  controls_[0]->Close();
  Settle();
  Open(gateway_host_, Endpoint{kService.address, first});
  EXPECT_EQ(Request(Wire(kNobody)), Bytes({5, 1, 0, 1, 0, 0, 0, 0, 0, 0}));
}

TEST_F(UdpAssociationTest, AdvertisedAddressOfTheFamilyIsTold) {
  Configure(kAllowAll, "advertised = [\"198.51.100.7\"]\n");
  EXPECT_EQ(Request(Wire(kNobody)).substr(0, 8), Bytes({5, 0, 0, 1, 198, 51, 100, 7}));
  const std::string six = Request(Wire(kNobody), Endpoint{At("2001:db8::1"), 1080});
  ASSERT_EQ(six.size(), 22u);
  EXPECT_EQ(six.substr(0, 20),
            Bytes({5, 0, 0}) + Wire(Endpoint{At("2001:db8::1"), 0}).substr(0, 17));
  // An IPv6 client is relayed as well, to IPv4 too.
  SimDatagramSocket* client6 = Open(client_host_, Endpoint{At("2001:db8:c::10"), 5000});
  Say(client6, Endpoint{At("2001:db8::1"), PortIn(six)}, Header(kTarget4) + "x");
  EXPECT_THAT(Heard(target4_), ElementsAre("x"));
}

}  // namespace
}  // namespace sluice
