#include "relay/dialer.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint16_t kPort = 80;

Address V4(uint8_t last) { return Address::FromV4({192, 0, 2, last}); }
Address V6(uint8_t last) {
  return Address::FromV6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last});
}

// --- The order

std::vector<Address> Interleaved(const std::vector<Address>& addresses, size_t most = 100) {
  std::vector<Address> out(most);
  out.resize(InterleaveFamilies(addresses, absl::MakeSpan(out)));
  return out;
}

TEST(InterleaveFamiliesTest, FamiliesTakeTurnsStartingWithTheFirstAddress) {
  EXPECT_THAT(Interleaved({V6(1), V6(2), V6(3), V4(1), V4(2), V4(3)}),
              ElementsAre(V6(1), V4(1), V6(2), V4(2), V6(3), V4(3)));
  EXPECT_THAT(Interleaved({V4(1), V6(1), V6(2), V4(2)}), ElementsAre(V4(1), V6(1), V4(2), V6(2)));
}

TEST(InterleaveFamiliesTest, FamilyThatIsLeftAloneGoesOnInItsOrder) {
  EXPECT_THAT(Interleaved({V6(1), V6(2), V6(3), V4(1)}), ElementsAre(V6(1), V4(1), V6(2), V6(3)));
  EXPECT_THAT(Interleaved({V4(1), V6(1), V6(2), V6(3)}), ElementsAre(V4(1), V6(1), V6(2), V6(3)));
}

TEST(InterleaveFamiliesTest, OneFamilyKeepsItsOrder) {
  EXPECT_THAT(Interleaved({V4(3), V4(1), V4(2)}), ElementsAre(V4(3), V4(1), V4(2)));
  EXPECT_THAT(Interleaved({}), IsEmpty());
}

TEST(InterleaveFamiliesTest, NoMoreAreWrittenThanThereIsRoomFor) {
  EXPECT_THAT(Interleaved({V6(1), V6(2), V6(3), V4(1)}, 2), ElementsAre(V6(1), V4(1)));
  EXPECT_THAT(Interleaved({V6(1), V4(1)}, 0), IsEmpty());
}

// --- Dialling

class DialerTest : public ::testing::Test, public Dialer::Owner {
 protected:
  explicit DialerTest(const SimFaults& faults = SimFaults()) : network_(1, faults) {
    network_.set_dial_observer([this](const auto&, const auto&, const Endpoint& to) {
      dialled_.push_back(to.address);
      dialled_at_.push_back(network_.now());
    });
  }
  ~DialerTest() override {
    dialer_.reset();
    if (won_fd_) kernel_.Close(*won_fd_);
    EXPECT_THAT(network_.judge().accusations(), IsEmpty());
    EXPECT_THAT(process_.Leaks(), IsEmpty());
    EXPECT_THAT(kernel_.Leaks(), IsEmpty());
  }

  // Addresses with a service, and without one.
  void Serve(const Address& address) { network_.Listen(there_, Endpoint{address, kPort}, 1000); }
  void Silence(const Address& address) { network_.SetRoute(address, SimRoute::kSilent); }
  void Lose(const Address& address, SimRoute route) { network_.SetRoute(address, route); }

  void Dial(const std::vector<Address>& addresses) {
    started_ = network_.now();
    dialer_->Start(addresses, kPort);
  }
  void Renew() { dialer_ = std::make_unique<Dialer>(loop_, *this); }
  // Until it has said how it ended and nothing is in flight.
  void Finish(absl::Duration at_most = absl::Minutes(3)) {
    const absl::Time until = loop_.now() + at_most;
    while ((!ended() || !dialer_->quiet()) && loop_.now() < until) loop_.Turn(until);
  }
  void Pass(absl::Duration time) {
    for (const absl::Time until = loop_.now() + time; loop_.now() < until;) loop_.Turn(until);
  }
  bool ended() const { return won_fd_ || failed_; }

  const Egress* EgressTo(const Address& target) override {
    if (forbidden_.contains(target)) return nullptr;
    const auto own = egress_to_.find(target);
    return own != egress_to_.end() ? &own->second : &egress_;
  }
  void OnDialed(int fd, const Endpoint& target) override {
    EXPECT_FALSE(ended());
    won_fd_ = fd;
    target_ = target;
    ended_after_ = network_.now() - started_;
    if (dialer_->quiet()) ++quiet_;
  }
  void OnDialFailed(int error, const Endpoint& target) override {
    EXPECT_FALSE(ended());
    EXPECT_TRUE(dialer_->quiet());
    failed_ = true;
    error_ = error;
    target_ = target;
    ended_after_ = network_.now() - started_;
  }
  void OnDialerQuiet() override {
    EXPECT_TRUE(dialer_->quiet());
    ++quiet_;
  }

  Egress egress_;
  std::map<Address, Egress> egress_to_;  // instead of it
  std::set<Address> forbidden_;
  SimNetwork network_;
  SimHost& here_{network_.AddHost({Address::FromV4({10, 0, 0, 1}), Address::FromV4({10, 0, 0, 2}),
                                   Address::FromV4({10, 0, 0, 3}), *Address::Parse("2001:db8:1::1"),
                                   *Address::Parse("2001:db8:1::2")})};
  SimHost& there_{network_.AddHost({V4(1), V4(2), V4(3), V6(1), V6(2), V6(3)})};
  SimProcess process_{network_, here_};
  SimKernel kernel_{process_, SimKernel::Options()};
  Loop loop_{kernel_};
  std::unique_ptr<Dialer> dialer_ = std::make_unique<Dialer>(loop_, *this);

  std::vector<Address> dialled_;
  std::vector<absl::Time> dialled_at_;
  absl::Time started_;
  absl::Duration ended_after_;
  std::optional<int> won_fd_;
  bool failed_ = false;
  int error_ = 0;
  Endpoint target_;
  int quiet_ = 0;  // times that it said so
};

TEST_F(DialerTest, FirstAddressThatAnswersIsTaken) {
  Serve(V6(1));
  Serve(V4(1));
  Dial({V6(1), V4(1)});
  Finish();
  ASSERT_TRUE(won_fd_);
  EXPECT_EQ(target_, (Endpoint{V6(1), kPort}));
  Endpoint peer;
  EXPECT_EQ(kernel_.PeerEndpoint(*won_fd_, &peer), 0);
  EXPECT_EQ(peer, target_);
  EXPECT_THAT(dialled_, ElementsAre(V6(1)));
}

TEST_F(DialerTest, RefusalIsFollowedAtOnceByTheNextAddress) {
  Serve(V4(3));
  Dial({V4(1), V4(2), V4(3)});
  Finish();
  EXPECT_EQ(target_.address, V4(3));
  EXPECT_THAT(dialled_, ElementsAre(V4(1), V4(2), V4(3)));
  EXPECT_LT(ended_after_, limits::kDialAttemptDelay);
}

TEST_F(DialerTest, SilentAddressGetsTheAttemptDelayAndIsThenTriedBesideTheNext) {
  Silence(V6(1));
  Serve(V4(1));
  Dial({V6(1), V4(1)});
  Finish(absl::Seconds(1));  // far sooner than the silent one would give up by itself
  EXPECT_EQ(target_.address, V4(1));
  ASSERT_EQ(dialled_.size(), 2u);
  EXPECT_GE(dialled_at_[1] - dialled_at_[0], limits::kDialAttemptDelay);
  EXPECT_LE(dialled_at_[1] - dialled_at_[0], limits::kDialAttemptDelay + 2 * limits::kTimerTick);
  EXPECT_EQ(quiet_, 1);
}

TEST_F(DialerTest, SlowAddressStillWinsWhenTheNextOneIsSilent) {
  // Its SYN is lost once, and answered when it is sent again a second later.
  SimFaults lossy;
  lossy.connect_ignored = 1;
  network_.SetFaults(lossy);
  Silence(V4(1));
  Serve(V6(1));
  Dial({V6(1), V4(1)});
  Pass(absl::Milliseconds(500));
  network_.CalmDown();
  Finish();
  EXPECT_EQ(target_.address, V6(1));
  EXPECT_THAT(dialled_, ElementsAre(V6(1), V4(1)));
  EXPECT_EQ(quiet_, 1);
}

TEST_F(DialerTest, AttemptDelayStartsAnewWithEachAttempt) {
  Silence(V4(1));
  Silence(V4(2));
  Serve(V4(3));
  Dial({V4(1), V4(2), V4(3)});
  Finish();
  ASSERT_EQ(dialled_.size(), 3u);
  EXPECT_GE(dialled_at_[2] - dialled_at_[1], limits::kDialAttemptDelay);
  EXPECT_EQ(target_.address, V4(3));
}

TEST_F(DialerTest, LastAttemptIsWaitedForAlthoughTheOthersFailed) {
  Silence(V4(1));
  Dial({V4(1), V4(2)});
  Pass(absl::Seconds(10));
  EXPECT_FALSE(ended());
  EXPECT_EQ(dialer_->error(), ECONNREFUSED);
  Finish();
  EXPECT_TRUE(failed_);
  EXPECT_EQ(error_, ECONNREFUSED);
}

TEST_F(DialerTest, MostTellingErrorIsKeptWhateverTheOrder) {
  Lose(V4(2), SimRoute::kHostUnreachable);
  Lose(V4(3), SimRoute::kNetworkUnreachable);
  std::vector<Address> addresses = {V4(1), V4(2), V4(3)};
  std::sort(addresses.begin(), addresses.end());
  do {
    Renew();
    failed_ = false;
    Dial(addresses);
    Finish();
    EXPECT_TRUE(failed_);
    EXPECT_EQ(error_, ECONNREFUSED);
    EXPECT_EQ(target_, (Endpoint{V4(1), kPort}));
  } while (std::next_permutation(addresses.begin(), addresses.end()));
}

TEST_F(DialerTest, UnreachableHostTellsMoreThanUnreachableNetwork) {
  Lose(V4(2), SimRoute::kHostUnreachable);
  Lose(V6(1), SimRoute::kNetworkUnreachable);
  Dial({V6(1), V4(2)});
  Finish();
  EXPECT_TRUE(failed_);
  EXPECT_EQ(error_, EHOSTUNREACH);
  EXPECT_EQ(target_.address, V4(2));
}

TEST_F(DialerTest, NoMoreThanTheMostAddressesAreTried) {
  std::vector<Address> addresses;
  for (uint8_t i = 100; i < 120; ++i) addresses.push_back(V4(i));
  Dial(addresses);
  Finish();
  EXPECT_TRUE(failed_);
  EXPECT_EQ(dialled_.size(), limits::kDialAddressesMax);
}

TEST_F(DialerTest, StopEndsEveryAttemptWithoutAResult) {
  Silence(V4(1));
  Silence(V4(2));
  Serve(V4(3));
  Dial({V4(1), V4(2), V4(3)});
  Pass(limits::kDialAttemptDelay + 3 * limits::kTimerTick);
  EXPECT_EQ(dialled_.size(), 2u);
  dialer_->Stop();
  EXPECT_FALSE(dialer_->quiet());
  Pass(absl::Seconds(1));
  EXPECT_TRUE(dialer_->quiet());
  EXPECT_FALSE(ended());
  EXPECT_EQ(dialled_.size(), 2u);
  EXPECT_EQ(quiet_, 1);
}

TEST_F(DialerTest, StopBeforeStartIsQuietAtOnce) {
  dialer_->Stop();
  EXPECT_TRUE(dialer_->quiet());
  Pass(absl::Seconds(1));
  EXPECT_EQ(quiet_, 0);
}

class DialerWithoutDescriptorsTest : public DialerTest {
 protected:
  DialerWithoutDescriptorsTest() { process_.set_descriptors_max(0); }
};

TEST_F(DialerWithoutDescriptorsTest, FailsFromWithinTheCallAndNamesTheReason) {
  Serve(V4(1));
  Dial({V4(1), V4(2)});
  EXPECT_TRUE(failed_);
  EXPECT_EQ(error_, EMFILE);
  EXPECT_THAT(dialled_, IsEmpty());
}

// A cancellation that comes too late: both connections are made, and only one may be kept.
class DialerWithLateAnswersTest : public DialerTest {
 protected:
  static SimFaults Faults() {
    SimFaults faults;
    faults.completion_delay = 0.5;
    faults.delay_max = absl::Milliseconds(400);
    faults.cancel_loses = 1;
    return faults;
  }
  DialerWithLateAnswersTest() : DialerTest(Faults()) {}
};

TEST_F(DialerWithLateAnswersTest, LosersAreClosedWhateverTheyAnswered) {
  for (uint8_t i = 1; i <= 3; ++i) {
    Serve(V4(i));
    Serve(V6(i));
  }
  size_t attempts = 0;
  for (int round = 0; round < 200; ++round) {
    Renew();
    dialled_.clear();
    Dial({V6(1), V4(1), V6(2), V4(2), V6(3), V4(3)});
    Finish();
    ASSERT_TRUE(won_fd_);
    ASSERT_EQ(process_.open(), 1);
    kernel_.Close(*won_fd_);
    won_fd_.reset();
    attempts += dialled_.size();
  }
  EXPECT_GT(attempts, 220u);  // so some rounds had losers
}

// --- Egress

// --- The family whose answer came later (RFC 8305 section 3)

TEST_F(DialerTest, FamilyThatComesLaterIsTriedBesideTheFirst) {
  Silence(V4(1));
  Serve(V6(1));
  dialer_->Start({V4(1)}, kPort, /*more=*/true);
  Pass(absl::Milliseconds(60));
  dialer_->Add({V6(1), V4(1)});
  Finish();
  EXPECT_EQ(target_, (Endpoint{V6(1), kPort}));
  EXPECT_THAT(dialled_, ElementsAre(V4(1), V6(1)));
}

TEST_F(DialerTest, FamilyThatComesLaterGoesBeforeWhatIsLeft) {
  Silence(V4(1));
  Silence(V6(1));
  Serve(V4(2));
  dialer_->Start({V4(1), V4(2)}, kPort, /*more=*/true);
  dialer_->Add({V6(1), V4(1), V4(2)});
  Finish();
  EXPECT_THAT(dialled_, ElementsAre(V4(1), V6(1), V4(2)));
}

TEST_F(DialerTest, DoesNotFailWhileMoreIsToCome) {
  dialer_->Start({V4(1)}, kPort, /*more=*/true);
  Pass(absl::Seconds(1));
  EXPECT_FALSE(ended());
  Serve(V6(1));
  dialer_->Add({V6(1)});
  Finish();
  EXPECT_TRUE(won_fd_);
}

TEST_F(DialerTest, FailsWhereNothingMoreComesAfterAll) {
  dialer_->Start({V4(1)}, kPort, /*more=*/true);
  Pass(absl::Seconds(1));
  dialer_->Add({});
  EXPECT_TRUE(failed_);
  EXPECT_EQ(error_, ECONNREFUSED);
}

class DialerEgressTest : public DialerTest {
 protected:
  static Address Here(int last) { return Address::FromV4({10, 0, 0, static_cast<uint8_t>(last)}); }
  DialerEgressTest() {
    here_.AddInterface("eth1", {Here(3)});
    Serve(V4(1));
    Serve(V6(1));
  }
  Address StartedFrom() {
    Endpoint local;
    EXPECT_TRUE(won_fd_);
    EXPECT_EQ(kernel_.LocalEndpoint(won_fd_.value_or(-1), &local), 0);
    return local.address;
  }
};

TEST_F(DialerEgressTest, ConnectionStartsFromTheEgressAddress) {
  egress_.addresses = {Here(2)};
  Dial({V4(1)});
  Finish();
  EXPECT_EQ(StartedFrom(), Here(2));
}

TEST_F(DialerEgressTest, ConnectionGoesThroughTheEgressInterface) {
  egress_.interface = "eth1";
  Dial({V4(1)});
  Finish();
  EXPECT_EQ(StartedFrom(), Here(3));
}

TEST_F(DialerEgressTest, EachFamilyHasItsOwnAddress) {
  egress_.addresses = {*Address::Parse("2001:db8:1::2"), Here(2)};
  Dial({V4(1)});
  Finish();
  EXPECT_EQ(StartedFrom(), Here(2));
  Renew();
  kernel_.Close(*std::exchange(won_fd_, std::nullopt));
  Dial({V6(1)});
  Finish();
  EXPECT_EQ(StartedFrom(), *Address::Parse("2001:db8:1::2"));
}

TEST_F(DialerEgressTest, NextAddressIsTakenWhereOneHasNoPortLeft) {
  here_.ExhaustPorts(Here(2));
  egress_.addresses = {Here(2), Here(3)};
  Dial({V4(1)});
  Finish();
  EXPECT_EQ(StartedFrom(), Here(3));
  EXPECT_THAT(dialled_, ElementsAre(V4(1), V4(1)));
}

TEST_F(DialerEgressTest, NextAddressIsTakenWhereOneIsNotHere) {
  egress_.addresses = {*Address::Parse("192.0.2.77"), Here(2)};
  Dial({V4(1)});
  Finish();
  EXPECT_EQ(StartedFrom(), Here(2));
}

TEST_F(DialerEgressTest, WhereNoAddressIsLeftItFails) {
  here_.ExhaustPorts(Here(2));
  egress_.addresses = {Here(2), *Address::Parse("192.0.2.77")};
  Dial({V4(1)});
  Finish();
  EXPECT_EQ(error_, EADDRNOTAVAIL);
}

TEST_F(DialerEgressTest, TargetOfAFamilyWithoutAnAddressIsPassedOver) {
  egress_.addresses = {Here(2)};
  Dial({V6(1), V4(1)});
  Finish();
  EXPECT_EQ(StartedFrom(), Here(2));
  EXPECT_LT(ended_after_, limits::kDialAttemptDelay);
  Renew();
  kernel_.Close(*std::exchange(won_fd_, std::nullopt));
  Dial({V6(1)});
  Finish();
  EXPECT_EQ(error_, EADDRNOTAVAIL);
}

TEST_F(DialerEgressTest, InterfaceThatIsGoneFailsAndIsNamed) {
  egress_.interface = "eth9";
  Dial({V4(1)});
  Finish();
  EXPECT_EQ(error_, ENODEV);
  EXPECT_EQ(dialer_->missing().interface(), "eth9");
}

TEST_F(DialerEgressTest, AddressThatIsNotHereIsNamedAndOneWithoutPortsIsNot) {
  here_.ExhaustPorts(Here(2));
  egress_.addresses = {Here(2)};
  Dial({V4(1)});
  Finish();
  EXPECT_EQ(error_, EADDRNOTAVAIL);
  EXPECT_TRUE(dialer_->missing().address().is_unspecified());
  Renew();
  failed_ = false;
  egress_.addresses = {Here(2), *Address::Parse("192.0.2.77")};
  Dial({V4(1)});
  Finish();
  EXPECT_EQ(dialer_->missing().address(), *Address::Parse("192.0.2.77"));
}

TEST_F(DialerEgressTest, EachAddressHasItsOwnAsItIsWhenItIsTried) {
  egress_to_[V4(1)].addresses = {Here(2)};
  Silence(V4(2));
  Silence(V4(3));
  Dial({V4(2), V4(3), V4(1)});
  egress_to_[V4(1)].interface = "eth1";
  Pass(limits::kDialAttemptDelay);
  egress_to_[V4(1)] = Egress{{Here(3)}, ""};
  Finish();
  EXPECT_EQ(StartedFrom(), Here(3));
  EXPECT_THAT(dialled_, ElementsAre(V4(2), V4(3), V4(1)));
}

TEST_F(DialerEgressTest, AddressThatMayNoLongerBeTriedIsPassedOver) {
  forbidden_ = {V4(2), V6(1)};
  Dial({V4(2), V6(1), V4(1)});
  Finish();
  EXPECT_THAT(dialled_, ElementsAre(V4(1)));
  Renew();
  kernel_.Close(*std::exchange(won_fd_, std::nullopt));
  Dial({V4(2), V6(1)});
  Finish();
  EXPECT_TRUE(failed_);
  EXPECT_EQ(error_, 0);
}

}  // namespace
}  // namespace sluice
