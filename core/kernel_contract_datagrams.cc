// Datagrams: each arrives whole or not at all, and a socket survives whatever becomes of them.

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "core/kernel_contract.h"

namespace sluice {
namespace {

Address Loopback6() { return *Address::Parse("::1"); }

TEST_P(KernelContract, DatagramArrivesWithItsSource) {
  const int a = OpenDatagramSocket();
  const int b = OpenDatagramSocket();
  SendDatagram(a, LocalEndpoint(b), "hello");
  const std::vector<Received> received = ReceiveDatagrams(b, 1);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].bytes, "hello");
  EXPECT_EQ(received[0].from, LocalEndpoint(a));
  absl::Span<const DatagramRun> none;
  EXPECT_EQ(kernel().ReceiveDatagrams(b, &none), -EAGAIN);
}

TEST_P(KernelContract, AwaitDatagramsIsLevelTriggeredAndCancelCompletesIt) {
  const int a = OpenDatagramSocket();
  const int b = OpenDatagramSocket();
  Asked& waits = AskAwaitDatagrams(b);
  Settle();
  EXPECT_TRUE(waits.op.in_flight());
  SendDatagram(a, LocalEndpoint(b), "x");
  EXPECT_TRUE(Next(waits).result & kPollIn);
  EXPECT_FALSE(waits.op.in_flight());
  // It is still there.
  EXPECT_TRUE(Next(AskAwaitDatagrams(b)).result & kPollIn);
  EXPECT_EQ(ReceiveDatagrams(b, 1).size(), 1u);
  Asked& empty = AskAwaitDatagrams(b);
  Settle();
  EXPECT_TRUE(empty.op.in_flight());
  kernel().Cancel(empty.op);
  EXPECT_EQ(Next(empty).result, -ECANCELED);
  EXPECT_EQ(empty.seen.size(), 1u);
}

TEST_P(KernelContract, EmptyDatagramIsADatagram) {
  const int a = OpenDatagramSocket();
  const int b = OpenDatagramSocket();
  SendDatagram(a, LocalEndpoint(b), "");
  const std::vector<Received> received = ReceiveDatagrams(b, 1);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].bytes, "");
  EXPECT_EQ(received[0].from, LocalEndpoint(a));
}

TEST_P(KernelContract, LargestDatagramArrivesWholeAndALargerOneIsRefused) {
  const int a = OpenDatagramSocket();
  const int b = OpenDatagramSocket();
  const std::string largest(Kernel::kDatagramBytesMax, 'x');
  SendDatagram(a, LocalEndpoint(b), largest);
  const std::vector<Received> received = ReceiveDatagrams(b, 1);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_TRUE(received[0].bytes == largest);
  std::string larger = largest + "x";
  const iovec part{larger.data(), larger.size()};
  EXPECT_EQ(
      kernel().SendDatagrams(a, LocalEndpoint(b), absl::MakeConstSpan(&part, 1), larger.size()),
      -EMSGSIZE);
}

// Header and payload of each datagram are gathered, and the last one is shorter.
TEST_P(KernelContract, GatheredSendArrivesAsTheDatagramsItWasCutInto) {
  const int a = OpenDatagramSocket();
  const int b = OpenDatagramSocket();
  std::string header = "hh";
  std::vector<std::string> payloads;
  std::vector<iovec> parts;
  for (size_t i = 0; i < Kernel::kDatagramsPerSendMax; ++i)
    payloads.push_back(std::string(100, static_cast<char>('0' + i)));
  payloads.back().resize(7);
  for (std::string& payload : payloads) {
    parts.push_back(iovec{header.data(), header.size()});
    parts.push_back(iovec{payload.data(), payload.size()});
  }
  EXPECT_EQ(kernel().SendDatagrams(a, LocalEndpoint(b), parts, 102),
            static_cast<int>(payloads.size()));
  const std::vector<Received> received = ReceiveDatagrams(b, payloads.size());
  ASSERT_EQ(received.size(), payloads.size());
  // A network may change their order.
  std::vector<std::string> got;
  for (const Received& one : received) got.push_back(one.bytes);
  std::vector<std::string> sent;
  for (const std::string& payload : payloads) sent.push_back(header + payload);
  std::sort(got.begin(), got.end());
  std::sort(sent.begin(), sent.end());
  EXPECT_EQ(got, sent);
}

// The edges of the datagrams are not those of the parts.
TEST_P(KernelContract, SendIsCutWhereItIsToldWhateverItsPartsAre) {
  const int a = OpenDatagramSocket();
  const int b = OpenDatagramSocket();
  std::string bytes = "aabbcc";
  const std::vector<iovec> parts = {
      {bytes.data(), 1}, {bytes.data() + 1, 0}, {bytes.data() + 1, 4}, {bytes.data() + 5, 1}};
  EXPECT_EQ(kernel().SendDatagrams(a, LocalEndpoint(b), parts, 2), 3);
  std::vector<std::string> got;
  for (const Received& one : ReceiveDatagrams(b, 3)) got.push_back(one.bytes);
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, (std::vector<std::string>{"aa", "bb", "cc"}));
}

TEST_P(KernelContract, RunsAreOfOneSourceAndOfOneLength) {
  const int a = OpenDatagramSocket();
  const int other = OpenDatagramSocket();
  const int b = OpenDatagramSocket();
  for (int i = 0; i < 10; ++i) {
    SendDatagram(a, LocalEndpoint(b), "aaaa");
    SendDatagram(other, LocalEndpoint(b), "bbb");
    SendDatagram(a, LocalEndpoint(b), "");
  }
  int as = 0;
  int bs = 0;
  int empty = 0;
  for (const Received& one : ReceiveDatagrams(b, 30)) {
    as += one.bytes == "aaaa" && one.from == LocalEndpoint(a);
    bs += one.bytes == "bbb" && one.from == LocalEndpoint(other);
    empty += one.bytes.empty() && one.from == LocalEndpoint(a);
  }
  EXPECT_EQ(as, 10);
  EXPECT_EQ(bs, 10);
  EXPECT_EQ(empty, 10);
}

TEST_P(KernelContract, SocketsAreOfOneFamilyAndSourcesAreNeverMapped) {
  const int a = OpenDatagramSocket(Endpoint{Loopback6(), 0});
  int b = OpenDatagramSocket(Endpoint{Address(), 0});
  uint16_t port = LocalEndpoint(b).port;
  // The same port of the other family is free, unless another program has it.
  int four = kernel().OpenDatagramSocket(Endpoint{Address::FromV4({0, 0, 0, 0}), port}, "");
  for (int attempt = 0; four == -EADDRINUSE && attempt < 50; ++attempt) {
    b = OpenDatagramSocket(Endpoint{Address(), 0});
    port = LocalEndpoint(b).port;
    four = kernel().OpenDatagramSocket(Endpoint{Address::FromV4({0, 0, 0, 0}), port}, "");
  }
  ASSERT_GE(four, 0);
  SendDatagram(a, Endpoint{Loopback6(), port}, "six");
  const std::vector<Received> received = ReceiveDatagrams(b, 1);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].from, (Endpoint{Loopback6(), LocalEndpoint(a).port}));
  const int c = OpenDatagramSocket();
  SendDatagram(c, Endpoint{kLoopback.address, port}, "four");
  const std::vector<Received> heard = ReceiveDatagrams(four, 1);
  kernel().Close(four);
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].from, LocalEndpoint(c));
}

TEST_P(KernelContract, PortIsTakenOnceAndAddressMustBeOfThisHost) {
  const int a = OpenDatagramSocket();
  EXPECT_NE(LocalEndpoint(a).port, 0);
  EXPECT_EQ(kernel().OpenDatagramSocket(LocalEndpoint(a), ""), -EADDRINUSE);
  EXPECT_EQ(kernel().OpenDatagramSocket(Endpoint{Address::FromV4({192, 0, 2, 1}), 0}, ""),
            -EADDRNOTAVAIL);
  EXPECT_EQ(kernel().OpenDatagramSocket(kLoopback, "no-such-device"), -ENODEV);
  world().SetDescriptorsExhausted(true);
  EXPECT_EQ(kernel().OpenDatagramSocket(kLoopback, ""), -EMFILE);
  world().SetDescriptorsExhausted(false);
}

// On Linux the first comes back as an ICMP error.
TEST_P(KernelContract, UnreachedAndRefusedDatagramsLeaveTheSocketAsItWas) {
  const int a = OpenDatagramSocket();
  const int b = OpenDatagramSocket();
  const int gone = OpenDatagramSocket();
  const Endpoint nobody = LocalEndpoint(gone);
  Close(gone);
  Asked& waits = AskAwaitDatagrams(a);
  for (int i = 0; i < 3; ++i) SendDatagram(a, nobody, "lost");
  Settle();
  EXPECT_TRUE(waits.op.in_flight());
  std::string bytes = "x";
  const iovec part{bytes.data(), 1};
  EXPECT_EQ(
      kernel().SendDatagrams(a, Endpoint{kLoopback.address, 0}, absl::MakeConstSpan(&part, 1), 1),
      -EINVAL);
  EXPECT_EQ(kernel().SendDatagrams(a, Endpoint{Address::FromV4({255, 255, 255, 255}), 9},
                                   absl::MakeConstSpan(&part, 1), 1),
            -EACCES);
  EXPECT_LT(kernel().SendDatagrams(a, Endpoint{Loopback6(), 9}, absl::MakeConstSpan(&part, 1), 1),
            0);
  SendDatagram(a, LocalEndpoint(b), "still here");
  EXPECT_EQ(ReceiveDatagrams(b, 1)[0].bytes, "still here");
  SendDatagram(b, LocalEndpoint(a), "and back");
  EXPECT_TRUE(Next(waits).result & kPollIn);
  EXPECT_EQ(ReceiveDatagrams(a, 1)[0].bytes, "and back");
}

}  // namespace
}  // namespace sluice
