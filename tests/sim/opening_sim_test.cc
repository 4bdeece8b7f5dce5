// What seeds have taught about a session before bytes flow, each as a story of its own on the
// simulated gateway.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_gateway.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Address kGatewayAddress = *Address::Parse("10.0.0.1");
const Address kClientAddress = *Address::Parse("192.168.0.10");
const Address kTargetAddress = *Address::Parse("203.0.113.1");
constexpr uint16_t kTargetPort = 7000;

constexpr char kEverything[] = R"(
[[rule]]
name = "everything"
source = ["any"]
destination = ["any"]
verdict = "allow"
)";

class OpeningSimTest : public ::testing::Test {
 protected:
  explicit OpeningSimTest(const SimFaults& faults = SimFaults()) : network_(1, faults) {
    network_.set_dial_observer([this](SimHost& host, SimSocket&, const Endpoint& to) {
      if (&host == &gateway_host_) dialled_.push_back(to);
    });
  }
  ~OpeningSimTest() override {
    gateway_.gateway().Stop();
    Pass(absl::Seconds(10));
    gateway_.Audit();
    network_.set_dial_observer(nullptr);
    EXPECT_THAT(network_.judge().accusations(), IsEmpty());
  }

  void Configure(const std::string& rules) {
    const absl::Status status =
        gateway_.Configure(absl::StrCat("[socks]\nlisten = [\"10.0.0.1\"]\n", rules));
    ASSERT_TRUE(status.ok()) << status;
    Pass(absl::Milliseconds(10));
  }
  void Pass(absl::Duration time) {
    gateway_.RunUntil(network_.now() + time, [] { return false; });
  }
  SimSocket& NewClient() {
    SimSocket& client = network_.NewSocket(client_host_);
    client.Connect(Endpoint{kGatewayAddress, 1080});
    Pass(absl::Milliseconds(10));
    return client;
  }
  static void Say(SimSocket& socket, const std::vector<uint8_t>& bytes) {
    ASSERT_EQ(socket.Write(bytes.data(), bytes.size()), static_cast<int64_t>(bytes.size()));
  }
  static std::vector<uint8_t> Hear(SimSocket& socket) {
    std::vector<uint8_t> bytes(4096);
    const int64_t got = socket.Read(bytes.data(), bytes.size());
    bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return bytes;
  }

  SimNetwork network_;
  SimHost& gateway_host_ = network_.AddHost({kGatewayAddress});
  SimHost& client_host_ = network_.AddHost({kClientAddress});
  SimHost& target_host_ = network_.AddHost({kTargetAddress});
  SimListener& listener_ =
      *network_.Listen(target_host_, Endpoint{kTargetAddress, kTargetPort}, 16);
  SimZone zone_;
  SimGateway gateway_{network_, gateway_host_, zone_, SimGateway::Options()};
  std::vector<Endpoint> dialled_;
};

constexpr char kLoopback[] = R"(
[[rule]]
name = "loopback"
source = ["any"]
destination = ["127.0.0.0/8"]
verdict = "allow"
)";

constexpr char kNotTheName[] = R"(
[[rule]]
name = "not_the_name"
source = ["any"]
destination = ["n.test"]
verdict = "deny"
)";

// The new rules deny the name, but a rule about names says nothing about a special-use address:
// neither policy allows this connection.
TEST_F(OpeningSimTest, NameIsDecidedAgainWhereOtherRulesCameWhileItWasResolved) {
  zone_["n.test"] =
      SimName{.addresses = {*Address::Parse("127.0.0.1")}, .answered_after = absl::Seconds(1)};
  Configure(kLoopback);
  SimSocket& client = NewClient();
  Say(client,
      {5, 1, 0, 5, 1, 0, 3, 6, 'n', '.', 't', 'e', 's', 't', kTargetPort >> 8, kTargetPort & 0xFF});
  Pass(absl::Milliseconds(100));
  Configure(absl::StrCat(kNotTheName, kLoopback));
  Pass(absl::Seconds(20));
  EXPECT_THAT(Hear(client), ElementsAre(5, 0, 5, 2, 0, 1, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(dialled_, IsEmpty());
  ASSERT_EQ(gateway_.records().size(), 1u);
  EXPECT_EQ(gateway_.records()[0].rule.view(), "not_the_name");
  EXPECT_EQ(gateway_.records()[0].ended_by, EndedBy::kPolicy);
}

SimFaults SendsPartly() {
  SimFaults faults;
  faults.send_partly = 1;
  faults.delay_max = absl::Seconds(5);
  return faults;
}

class OpeningThatSendsPartlySimTest : public OpeningSimTest {
 protected:
  OpeningThatSendsPartlySimTest() : OpeningSimTest(SendsPartly()) {}
};

TEST_F(OpeningThatSendsPartlySimTest, EarlyDataThatReachedTheTargetIsCountedWhereTheRestDoesNot) {
  Configure(kEverything);
  SimSocket& client = NewClient();
  std::vector<uint8_t> request = {
      5, 1, 0, 5, 1, 0, 1, 203, 0, 113, 1, kTargetPort >> 8, kTargetPort & 0xFF};
  request.resize(900, 'e');
  Say(client, request);
  for (int i = 0; i < 10'000 && !listener_.has_waiting(); ++i) Pass(absl::Milliseconds(1));
  ASSERT_TRUE(listener_.has_waiting());
  SimSocket& target = listener_.Take();
  size_t heard = 0;
  for (int i = 0; i < 10'000 && heard == 0; ++i) {
    heard = Hear(target).size();
    Pass(absl::Milliseconds(1));
  }
  ASSERT_GT(heard, 0u);
  ASSERT_LT(heard, 900u - 13);
  target.CloseWithReset();
  Pass(absl::Minutes(1));
  ASSERT_EQ(gateway_.records().size(), 1u);
  EXPECT_EQ(gateway_.records()[0].ended_by, EndedBy::kTarget);
  EXPECT_EQ(gateway_.records()[0].bytes_up, heard);
}

}  // namespace
}  // namespace sluice
