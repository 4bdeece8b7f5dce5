// The load's datagrams against its own echo, over loopback.

#include <poll.h>
#include <unistd.h>

#include <set>
#include <string>

#include "bench/load/backend.h"
#include "bench/load/datagram_batch.h"
#include "bench/load/numbered_datagrams.h"
#include "bench/load/sockets.h"
#include "gtest/gtest.h"

namespace sluice::load {
namespace {

class DatagramsTest : public testing::TestWithParam<bool> {
 protected:
  // `trains`, at both ends.
  bool trains() const { return GetParam(); }

  void SetUp() override {
    ASSERT_TRUE(backend_.Start({Address::FromV4({127, 0, 0, 1}), 0}, trains()).ok());
    fd_ = DatagramSocketTo(backend_.backend().endpoint(Service::kEcho), trains());
    ASSERT_GE(fd_, 0);
  }
  void TearDown() override { close(fd_); }

  // Waits for one call's worth of datagrams, and calls `take` with each.
  template <typename Take>
  void Receive(const Take& take) {
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    ASSERT_EQ(poll(&ready, 1, -1), 1);
    const int count = batch_.Receive(fd_);
    ASSERT_GT(count, 0);
    for (int i = 0; i < count; ++i) batch_.ForEachDatagram(i, take);
  }

  BackendThread backend_;
  DatagramBatch batch_;
  int fd_ = -1;
};

TEST_P(DatagramsTest, ComeBackEachWithItsNumber) {
  for (const size_t size : {8u, 64u, 1200u, 9000u}) {
    NumberedDatagrams requests("header", size, trains());
    std::set<uint64_t> sent;
    std::set<uint64_t> got;
    while (!requests.full() && sent.size() < 40) {
      const uint64_t number = size * 1000 + sent.size();
      sent.insert(number);
      requests.Add(number);
    }
    ASSERT_GT(sent.size(), 1u);
    requests.Flush(fd_);
    while (got.size() < sent.size()) {
      Receive([&](std::string_view datagram) {
        ASSERT_EQ(datagram.substr(0, 6), "header");
        const auto number = requests.NumberOf(datagram.substr(6));
        ASSERT_TRUE(number.has_value());
        EXPECT_TRUE(got.insert(*number).second);
      });
    }
    EXPECT_EQ(got, sent);
  }
}

TEST_P(DatagramsTest, AnEmptyOneIsOneToo) {
  ASSERT_EQ(write(fd_, "", 0), 0);
  int count = 0;
  Receive([&](std::string_view datagram) {
    EXPECT_EQ(datagram, "");
    ++count;
  });
  EXPECT_EQ(count, 1);
}

TEST_P(DatagramsTest, AChangedByteIsNoticed) {
  const NumberedDatagrams requests("", 64, trains());
  std::string payload(8, '\0');
  for (size_t i = 8; i < 64; ++i) payload.push_back(static_cast<char>('!' + i));
  EXPECT_EQ(requests.NumberOf(payload), 0u);
  for (size_t i = 8; i < 64; ++i) {
    std::string changed = payload;
    changed[i] ^= 1;
    EXPECT_EQ(requests.NumberOf(changed), std::nullopt);
  }
  EXPECT_EQ(requests.NumberOf(payload + "!"), std::nullopt);
  EXPECT_EQ(requests.NumberOf(payload.substr(1)), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Both, DatagramsTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Trains" : "Each"; });

}  // namespace
}  // namespace sluice::load
