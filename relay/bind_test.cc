#include "relay/bind.h"

#include <cerrno>
#include <vector>

#include "core/loop.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {
namespace {

using ::testing::IsEmpty;

const Address kHere = Address::FromV4({10, 0, 0, 1});
constexpr PortRange kAnyPort{0, 0};

class BindTest : public ::testing::Test, public Bind::Owner {
 protected:
  BindTest() {
    // The client, as the gateway has it: accepted.
    const int listener = kernel_.Listen(Endpoint{kHere, 1081}, 1, {});
    SimSocket& connected = network_.NewSocket(there_);
    connected.Connect(Endpoint{kHere, 1081});
    Op accept;
    int fd = -1;
    struct Receiver {
      void OnAccepted(Op&, const Completion& completion) { *fd = completion.result; }
      int* fd;
    } receiver{&fd};
    accept.Bind<&Receiver::OnAccepted>(&receiver);
    kernel_.AcceptOne(accept, listener);
    while (fd < 0) loop_.Turn(loop_.now() + absl::Seconds(1));
    kernel_.Close(listener);
    client_fd_ = fd;
    client_end_ = &connected;
  }
  ~BindTest() override {
    bind_.Stop();
    Pass(absl::Seconds(1));
    EXPECT_TRUE(bind_.quiet());
    for (const int fd : peers_) kernel_.Close(fd);
    kernel_.Close(client_fd_);
    EXPECT_THAT(network_.judge().accusations(), IsEmpty());
    EXPECT_THAT(kernel_.Leaks(), IsEmpty());
    EXPECT_THAT(process_.Leaks(), IsEmpty());
  }

  Bind::Answer OnPeerAsks(const Endpoint&) override {
    ++asked_;
    if (answer_ == Bind::Answer::kEnd) bind_.Stop();
    return answer_;
  }
  void OnPeer(int fd, const Endpoint&) override {
    peers_.push_back(fd);
    ExpectPortFree();
  }
  void OnClientLeft(bool reset) override {
    left_ = true;
    reset_ = reset;
  }
  void OnBindQuiet() override { ++quiet_; }

  // Nobody listens where it did.
  void ExpectPortFree() {
    const int fd = kernel_.ListenOnce(bind_.at(), "");
    EXPECT_GE(fd, 0);
    if (fd >= 0) kernel_.Close(fd);
  }
  void Listen() {
    EXPECT_EQ(bind_.Listen(kHere, "", kAnyPort, 0), 0);
    bind_.Await(client_fd_);
  }
  SimSocket& Call() {
    SimSocket& socket = network_.NewSocket(there_);
    socket.Connect(bind_.at());
    return socket;
  }
  void Pass(absl::Duration time) {
    for (const absl::Time until = loop_.now() + time; loop_.now() < until;) loop_.Turn(until);
  }

  SimNetwork network_{1};
  SimHost& here_{network_.AddHost({kHere})};
  SimHost& there_{network_.AddHost({Address::FromV4({203, 0, 113, 1})})};
  SimProcess process_{network_, here_};
  SimKernel kernel_{process_, SimKernel::Options()};
  Loop loop_{kernel_};
  OwnPorts own_ports_;
  Bind bind_{loop_, own_ports_, *this};
  int client_fd_ = -1;
  SimSocket* client_end_ = nullptr;
  Bind::Answer answer_ = Bind::Answer::kTake;
  std::vector<int> peers_;
  int asked_ = 0;
  int quiet_ = 0;
  bool left_ = false;
  bool reset_ = false;
};

TEST_F(BindTest, ListenerIsClosedWhenThePeerIsHandedOver) {
  Listen();
  Call();
  Pass(absl::Seconds(1));
  EXPECT_EQ(peers_.size(), 1u);
  EXPECT_EQ(quiet_, 1);
}

TEST_F(BindTest, OnlyOneIsTakenOfManyWhoCome) {
  Listen();
  std::vector<SimSocket*> callers;
  for (int i = 0; i < 5; ++i) callers.push_back(&Call());
  Pass(absl::Seconds(1));
  EXPECT_EQ(peers_.size(), 1u);
  EXPECT_EQ(asked_, 1);
  int connected = 0;
  for (const SimSocket* caller : callers) connected += caller->connected() ? 1 : 0;
  EXPECT_EQ(connected, 1);
}

TEST_F(BindTest, RefusedOnesAreResetAndTheWaitGoesOn) {
  answer_ = Bind::Answer::kRefuse;
  Listen();
  for (int i = 0; i < 20; ++i) {
    SimSocket& caller = Call();
    Pass(absl::Seconds(1));
    EXPECT_FALSE(caller.connected());
  }
  EXPECT_EQ(asked_, 20);
  answer_ = Bind::Answer::kTake;
  Call();
  Pass(absl::Seconds(1));
  EXPECT_EQ(peers_.size(), 1u);
}

TEST_F(BindTest, OwnerMayEndItWhenAPeerAsks) {
  answer_ = Bind::Answer::kEnd;
  Listen();
  SimSocket& caller = Call();
  Pass(absl::Seconds(1));
  EXPECT_FALSE(caller.connected());
  EXPECT_EQ(quiet_, 1);
  ExpectPortFree();
}

TEST_F(BindTest, StoppedItListensNoMore) {
  Listen();
  Pass(absl::Milliseconds(10));
  bind_.Stop();
  Pass(absl::Milliseconds(10));
  EXPECT_EQ(quiet_, 1);
  ExpectPortFree();
}

TEST_F(BindTest, ClientsEndIsToldFromItsReset) {
  Listen();
  client_end_->ShutdownWrite();
  Pass(absl::Seconds(1));
  EXPECT_TRUE(left_);
  EXPECT_FALSE(reset_);
  ExpectPortFree();
}

TEST_F(BindTest, ClientsResetIsSeenBehindUnreadBytes) {
  Listen();
  const uint8_t byte = 0;
  client_end_->Write(&byte, 1);
  Pass(absl::Seconds(1));
  EXPECT_FALSE(left_);
  client_end_->CloseWithReset();
  Pass(absl::Seconds(1));
  EXPECT_TRUE(left_);
  EXPECT_TRUE(reset_);
}

TEST_F(BindTest, WithoutDescriptorsPeersWaitAndAreTakenLater) {
  Listen();
  process_.set_descriptors_max(process_.open());
  Call();
  Pass(absl::Seconds(2));
  EXPECT_THAT(peers_, IsEmpty());
  process_.set_descriptors_max(1'000'000);
  Pass(absl::Seconds(1));
  EXPECT_EQ(peers_.size(), 1u);
}

TEST_F(BindTest, PortsAreTriedInARingFromTheFirst) {
  const int taken = kernel_.ListenOnce(Endpoint{kHere, 2002}, "");
  EXPECT_EQ(bind_.Listen(kHere, "", PortRange{2000, 2002}, 2002), 0);
  EXPECT_EQ(bind_.at().port, 2000);
  kernel_.Close(taken);
}

TEST_F(BindTest, NoPortIsFree) {
  const int taken = kernel_.ListenOnce(Endpoint{kHere, 2000}, "");
  EXPECT_EQ(bind_.Listen(kHere, "", PortRange{2000, 2000}, 2000), -EADDRINUSE);
  kernel_.Close(taken);
}

TEST_F(BindTest, NoMoreThanSoManyPortsAreTried) {
  SimFaults faults;
  faults.port_taken = 1;
  network_.SetFaults(faults);
  EXPECT_EQ(bind_.Listen(kHere, "", PortRange{1024, 65535}, 65000), -EADDRINUSE);
}

TEST_F(BindTest, AddressThatIsNotHereIsToldAtOnce) {
  EXPECT_EQ(bind_.Listen(Address::FromV4({192, 0, 2, 1}), "", PortRange{2000, 3000}, 2000),
            -EADDRNOTAVAIL);
}

TEST_F(BindTest, WithoutExpectationAnyPeerIsExpected) {
  EXPECT_TRUE(bind_.Expects(kHere));
  const Address expected = Address::FromV4({203, 0, 113, 1});
  bind_.Expect({expected});
  EXPECT_TRUE(bind_.Expects(expected));
  EXPECT_FALSE(bind_.Expects(kHere));
}

}  // namespace
}  // namespace sluice
