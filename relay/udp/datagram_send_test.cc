#include "relay/udp/datagram_send.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A simulated kernel that remembers how many sends there were.
class CountingKernel : public SimKernel {
 public:
  using SimKernel::SimKernel;
  int SendDatagrams(int fd, const Endpoint& to, absl::Span<const iovec> parts,
                    size_t datagram_bytes) override {
    sends.push_back(datagram_bytes);
    if (taken_at_most >= 0) return taken_at_most == 0 ? -EAGAIN : taken_at_most;
    return SimKernel::SendDatagrams(fd, to, parts, datagram_bytes);
  }
  std::vector<size_t> sends;
  int taken_at_most = -1;
};

class DatagramSendTest : public ::testing::Test {
 protected:
  DatagramSendTest()
      : process_(network_, network_.AddHost({Address::FromV4({10, 0, 0, 1})})),
        kernel_(process_, SimKernel::Options()) {
    fd_ = kernel_.OpenDatagramSocket(Endpoint{Address::FromV4({10, 0, 0, 1}), 0}, "");
    SimHost& there = network_.AddHost({Address::FromV4({10, 0, 0, 2})});
    int error = 0;
    target_ = network_.OpenDatagramSocket(there, Endpoint{Address::FromV4({10, 0, 0, 2}), 53}, "",
                                          &error);
  }
  ~DatagramSendTest() override {
    kernel_.Close(fd_);
    EXPECT_THAT(network_.judge().accusations(), IsEmpty());
  }

  static absl::Span<const uint8_t> Bytes(const std::string& text) {
    return absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
  void Add(const std::string& data, const std::string& header = kNone) {
    send_.Add(fd_, target_->at(), Bytes(header), Bytes(data));
  }
  std::vector<std::string> Arrived() {
    network_.clock().AdvanceTo(network_.now() + absl::Seconds(1));
    std::vector<std::string> arrived;
    for (const SimDatagram& datagram : target_->arrived())
      arrived.emplace_back(datagram.bytes.begin(), datagram.bytes.end());
    std::sort(arrived.begin(), arrived.end());
    target_->arrived().clear();
    return arrived;
  }

  static const std::string kNone;
  SimNetwork network_{1};
  SimProcess process_;
  CountingKernel kernel_;
  DatagramSend send_{kernel_};
  int fd_;
  SimDatagramSocket* target_;
};

const std::string DatagramSendTest::kNone;

const std::string kA = "aaaa";
const std::string kB = "bbbb";
const std::string kShort = "cc";
const std::string kLong = "dddddd";
const std::string kHeader = "HH";

TEST_F(DatagramSendTest, EqualOnesGoAsOneSendAndAShorterOneEndsIt) {
  Add(kA);
  Add(kB);
  Add(kShort);
  EXPECT_THAT(kernel_.sends, IsEmpty());
  Add(kA);
  EXPECT_THAT(kernel_.sends, ElementsAre(4u));
  send_.Flush();
  EXPECT_THAT(kernel_.sends, ElementsAre(4u, 4u));
  EXPECT_THAT(Arrived(), ElementsAre(kA, kA, kB, kShort));
  EXPECT_EQ(send_.sent(), 4u);
  EXPECT_EQ(send_.data_bytes(), 14u);
  EXPECT_EQ(send_.dropped(), 0u);
}

TEST_F(DatagramSendTest, LongerOneBeginsAnotherSend) {
  Add(kA);
  Add(kLong);
  send_.Flush();
  EXPECT_THAT(kernel_.sends, ElementsAre(4u, 6u));
  EXPECT_THAT(Arrived(), ElementsAre(kA, kLong));
}

TEST_F(DatagramSendTest, HeadersAreGatheredAndNotCountedAsData) {
  Add(kA, kHeader);
  Add(kB, kHeader);
  send_.Flush();
  EXPECT_THAT(kernel_.sends, ElementsAre(6u));
  EXPECT_THAT(Arrived(), ElementsAre("HHaaaa", "HHbbbb"));
  EXPECT_EQ(send_.data_bytes(), 8u);
}

TEST_F(DatagramSendTest, EmptyOnesGoAlone) {
  Add(kA);
  Add(kNone);
  Add(kNone);
  Add(kA);
  send_.Flush();
  EXPECT_THAT(kernel_.sends, ElementsAre(4u, 0u, 0u, 4u));
  EXPECT_THAT(Arrived(), ElementsAre("", "", kA, kA));
  EXPECT_EQ(send_.sent(), 4u);
}

TEST_F(DatagramSendTest, AnotherDestinationBeginsAnotherSend) {
  const Endpoint elsewhere{target_->at().address, 54};
  Add(kA);
  send_.Add(fd_, elsewhere, {}, Bytes(kA));
  Add(kA);
  send_.Flush();
  EXPECT_EQ(kernel_.sends.size(), 3u);
  EXPECT_THAT(Arrived(), ElementsAre(kA, kA));
}

TEST_F(DatagramSendTest, NoMoreGoAtOnceThanLinuxTakes) {
  for (size_t i = 0; i < Kernel::kDatagramsPerSendMax + 1; ++i) Add(kA, kHeader);
  send_.Flush();
  EXPECT_EQ(kernel_.sends.size(), 2u);
  const std::string big(20'000, 'x');
  for (int i = 0; i < 4; ++i) Add(big);
  send_.Flush();
  EXPECT_EQ(kernel_.sends.size(), 4u);  // three of them fit into what one send may carry
  EXPECT_EQ(send_.dropped(), 0u);
}

TEST_F(DatagramSendTest, WhatIsNotTakenIsDroppedAndCounted) {
  kernel_.taken_at_most = 1;
  Add(kA, kHeader);
  Add(kB, kHeader);
  Add(kShort, kHeader);
  send_.Flush();
  EXPECT_EQ(send_.sent(), 1u);
  EXPECT_EQ(send_.dropped(), 2u);
  EXPECT_EQ(send_.data_bytes(), 4u);
  kernel_.taken_at_most = 0;
  Add(kA);
  send_.Flush();
  EXPECT_EQ(send_.sent(), 1u);
  EXPECT_EQ(send_.dropped(), 3u);
}

}  // namespace
}  // namespace sluice
