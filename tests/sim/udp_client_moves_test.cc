// UDP ASSOCIATE where a NAT on the way forgets the client and gives it another port.

#include "tests/sim/udp_association_stage.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class UdpClientMovesTest : public UdpAssociationStage {
 protected:
  UdpClientMovesTest() : moved_(Open(client_host_, Endpoint{At("192.168.0.10"), 5001})) {}

  void AssociateForLong(const Endpoint& destination = kNobody) {
    Configure(kAllowAll, "[timeouts]\nudp_idle = \"5m\"\n");
    Associate(destination);
  }
  void Wait(absl::Duration time) {
    gateway_->RunUntil(network_.now() + time, [] { return false; });
  }
  // Whom the answers reach.
  SimDatagramSocket* WhoIsAnswered() {
    Say(target4_, egress_, "answer");
    const bool here = !Heard(client_).empty();
    const bool there = !Heard(moved_).empty();
    EXPECT_FALSE(here && there);
    return here ? client_ : there ? moved_ : nullptr;
  }
  // What the client's side says arrives at the target, from now on.
  void ExpectRelayed(SimDatagramSocket* from) {
    Say(from, relay_, Header(kTarget4) + "x");
    EXPECT_THAT(Heard(target4_), ElementsAre("x"));
    egress_ = last_from_;
  }

  SimDatagramSocket* moved_;  // the client, behind a NAT that has forgotten it
  Endpoint egress_;
};

TEST_F(UdpClientMovesTest, AssociationFollowsToANewPortAfterASilenceOfTheOldOne) {
  AssociateForLong();
  ExpectRelayed(client_);
  Wait(limits::kUdpClientSilence);
  // Answers are no sign of the client.
  EXPECT_EQ(WhoIsAnswered(), client_);
  ExpectRelayed(moved_);
  EXPECT_EQ(WhoIsAnswered(), moved_);
  // One at a time: now the old one is another.
  SayUp(Header(kTarget4) + "late");
  EXPECT_THAT(Heard(target4_), IsEmpty());
  EXPECT_EQ(WhoIsAnswered(), moved_);
  EXPECT_EQ(counters().datagrams_dropped_sender.value(), 1u);
  Wait(limits::kUdpClientSilence);
  ExpectRelayed(client_);
  EXPECT_EQ(WhoIsAnswered(), client_);
}

TEST_F(UdpClientMovesTest, PortThatIsNotSilentKeepsItsAssociation) {
  AssociateForLong();
  ExpectRelayed(client_);
  for (int i = 0; i < 4; ++i) {
    Wait(limits::kUdpClientSilence - absl::Seconds(1));
    Say(moved_, relay_, Header(kTarget4) + "mine");
    EXPECT_THAT(Heard(target4_), IsEmpty());
    // A sign of life is enough, it need not lead anywhere.
    SayUp("?");
  }
  EXPECT_EQ(WhoIsAnswered(), client_);
}

TEST_F(UdpClientMovesTest, OnlyAValidDatagramOfTheClientsAddressIsFollowed) {
  AssociateForLong();
  ExpectRelayed(client_);
  Wait(limits::kUdpClientSilence);
  SimDatagramSocket* stranger = Open(stranger_host_, Endpoint{At("192.168.0.66"), 5000});
  Say(stranger, relay_, Header(kTarget4) + "x");
  for (const std::string& bad : {std::string(), std::string("?"), Bytes({0, 0, 1}) + Wire(kTarget4),
                                 Header(Endpoint{kTarget4.address, 0})})
    Say(moved_, relay_, bad);
  EXPECT_THAT(Heard(target4_), IsEmpty());
  EXPECT_EQ(WhoIsAnswered(), client_);
  EXPECT_EQ(counters().datagrams_dropped_malformed.value(), 3u);
  EXPECT_EQ(counters().datagrams_dropped_fragment.value(), 1u);
  ExpectRelayed(moved_);
}

TEST_F(UdpClientMovesTest, PortThatTheRequestNamesIsNotLeft) {
  AssociateForLong(client_->at());
  ExpectRelayed(client_);
  Wait(2 * limits::kUdpClientSilence);
  Say(moved_, relay_, Header(kTarget4) + "x");
  EXPECT_THAT(Heard(target4_), IsEmpty());
  EXPECT_EQ(WhoIsAnswered(), client_);
}

}  // namespace
}  // namespace sluice
