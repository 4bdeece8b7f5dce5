// What the simulated kernel does beyond the promises it shares with the real one (kernel_contract
// asks those of both): its faults, its judgement, and that a seed means the same thing every time.

#include "tests/sim/sim_kernel.h"

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Address kHere = Address::FromV4({10, 0, 0, 1});
const Address kThere = Address::FromV4({10, 0, 0, 2});

// An Op that remembers its completions.
struct Recorder {
  Recorder() { op.Bind<&Recorder::OnCompletion>(this); }
  void OnCompletion(Op&, const Completion& completion) { seen.push_back(completion); }
  int32_t result() const { return seen.empty() ? 12345 : seen.back().result; }
  Op op;
  std::vector<Completion> seen;
};

class SimKernelTest : public ::testing::Test {
 protected:
  explicit SimKernelTest(const SimFaults& faults = SimFaults(), SimKernel::Options options = {})
      : network_(7, faults),
        host_(network_.AddHost({kHere})),
        process_(network_, host_),
        kernel_(process_, options),
        other_host_(network_.AddHost({kThere})) {}

  // Turns until `done`, or for a simulated minute.
  void TurnUntil(const std::function<bool()>& done) {
    const absl::Time until = network_.now() + absl::Minutes(1);
    while (!done() && network_.now() < until) kernel_.Turn(until);
    EXPECT_TRUE(done());
  }
  // A connection between a socket of the kernel and one of the other host.
  int ConnectTo(SimSocket** there) {
    SimListener* listener = network_.Listen(other_host_, Endpoint{kThere, 80}, 16);
    const int fd = kernel_.OpenSocket(kThere, SocketSource());
    Recorder connect;
    kernel_.Connect(connect.op, fd, Endpoint{kThere, 80});
    TurnUntil([&] { return !connect.seen.empty() && listener->has_waiting(); });
    EXPECT_EQ(connect.result(), 0);
    *there = &listener->Take();
    return fd;
  }
  void Settle() { network_.clock().AdvanceTo(network_.now() + absl::Seconds(10)); }
  const std::vector<std::string>& accusations() { return network_.judge().accusations(); }

  SimNetwork network_;
  SimHost& host_;
  SimProcess process_;
  SimKernel kernel_;
  SimHost& other_host_;
};

TEST_F(SimKernelTest, OpStartedTwiceIsJudged) {
  SimSocket* there = nullptr;
  const int fd = ConnectTo(&there);
  Recorder receive;
  kernel_.Receive(receive.op, fd, 100, false);
  kernel_.Receive(receive.op, fd, 100, false);
  EXPECT_THAT(accusations(), ElementsAre(HasSubstr("the Op is in flight already")));
}

TEST_F(SimKernelTest, DescriptorClosedUnderAnOperationIsJudged) {
  SimSocket* there = nullptr;
  const int fd = ConnectTo(&there);
  Recorder receive;
  kernel_.Receive(receive.op, fd, 100, false);
  kernel_.Close(fd);
  EXPECT_THAT(accusations(), ElementsAre(HasSubstr("with an operation in flight on it")));
}

TEST_F(SimKernelTest, DescriptorClosedBetweenCompletionAndDeliveryIsJudged) {
  SimSocket* there = nullptr;
  const int fd = ConnectTo(&there);
  // The first to be told closes the descriptor on which the other has completed.
  struct Closer {
    void OnCompletion(Op&, const Completion&) { kernel->Close(fd); }
    SimKernel* kernel;
    int fd;
  } closer{&kernel_, fd};
  Op first;
  first.Bind<&Closer::OnCompletion>(&closer);
  Recorder second;
  kernel_.Poll(first, fd, kPollOut);
  kernel_.Poll(second.op, fd, kPollOut);
  kernel_.Turn(absl::InfiniteFuture());
  EXPECT_THAT(accusations(), ElementsAre(HasSubstr("with an operation in flight on it")));
}

TEST_F(SimKernelTest, SecondCloseIsJudged) {
  const int fd = kernel_.OpenSocket(kThere, SocketSource());
  kernel_.Close(fd);
  EXPECT_THAT(accusations(), IsEmpty());
  kernel_.Close(fd);
  EXPECT_THAT(accusations(), ElementsAre(HasSubstr("which is not open")));
}

TEST_F(SimKernelTest, UseAfterCloseIsJudgedAlthoughADescriptorWasOpenedSince) {
  const int fd = kernel_.OpenSocket(kThere, SocketSource());
  kernel_.Close(fd);
  kernel_.OpenSocket(kThere, SocketSource());
  Recorder receive;
  kernel_.Receive(receive.op, fd, 100, false);
  EXPECT_THAT(accusations(), ElementsAre(HasSubstr("which is not open")));
}

TEST_F(SimKernelTest, BytesThatChangeWhileTheyAreSentAreJudged) {
  SimSocket* there = nullptr;
  const int fd = ConnectTo(&there);
  std::string bytes(1000, 'a');
  const iovec part{bytes.data(), bytes.size()};
  Recorder send;
  kernel_.Send(send.op, fd, absl::MakeConstSpan(&part, 1));
  bytes[999] = 'b';
  TurnUntil([&] { return !send.seen.empty(); });
  EXPECT_THAT(accusations(), ElementsAre(HasSubstr("changed before it completed")));
}

TEST_F(SimKernelTest, BufferReturnedTwiceAndUsedAfterReturnIsJudged) {
  SimSocket* there = nullptr;
  const int fd = ConnectTo(&there);
  const uint8_t hello[] = {'h', 'i'};
  there->Write(hello, sizeof hello);
  Recorder receive;
  kernel_.Receive(receive.op, fd, 100, false);
  TurnUntil([&] { return !receive.seen.empty(); });
  const int32_t buffer = receive.seen[0].buffer;
  ASSERT_GE(buffer, 0);
  uint8_t* bytes = kernel_.BufferBytes(buffer);
  kernel_.ReturnBuffer(buffer);
  EXPECT_THAT(accusations(), IsEmpty());
  kernel_.ReturnBuffer(buffer);
  EXPECT_THAT(accusations(), ElementsAre(HasSubstr("was returned although it was not held")));
  bytes[1] = 'x';
  there->Write(hello, sizeof hello);
  kernel_.Receive(receive.op, fd, 100, false);
  TurnUntil([&] { return receive.seen.size() == 2; });
  EXPECT_THAT(accusations().back(), HasSubstr("was written after it was returned"));
}

TEST_F(SimKernelTest, WhatIsNotGivenBackIsListed) {
  SimSocket* there = nullptr;
  const int fd = ConnectTo(&there);
  EXPECT_THAT(process_.Leaks(), ElementsAre(HasSubstr("10.0.0.2:80")));
  const uint8_t hello[] = {'h', 'i'};
  there->Write(hello, sizeof hello);
  Recorder receive;
  kernel_.Receive(receive.op, fd, 1, false);
  TurnUntil([&] { return !receive.seen.empty(); });
  EXPECT_THAT(kernel_.Leaks(), ElementsAre("1 buffers were not returned"));
  Recorder poll;
  kernel_.Poll(poll.op, fd, 0);
  EXPECT_THAT(kernel_.Leaks(),
              ElementsAre("1 buffers were not returned", "1 operations are in flight"));
}

TEST_F(SimKernelTest, TurnThatWouldWaitForEverIsJudged) {
  kernel_.Turn(absl::InfiniteFuture());
  EXPECT_THAT(accusations(), ElementsAre(HasSubstr("waits for ever")));
}

TEST_F(SimKernelTest, ConnectAnswersAsTheRouteSays) {
  const Address silent = Address::FromV4({10, 9, 0, 1});
  const Address no_network = Address::FromV4({10, 9, 0, 2});
  const Address no_host = Address::FromV4({10, 9, 0, 3});
  network_.SetRoute(silent, SimRoute::kSilent);
  network_.SetRoute(no_network, SimRoute::kNetworkUnreachable);
  auto outcome = [&](const Address& address) {
    const int fd = kernel_.OpenSocket(address, SocketSource());
    Recorder connect;
    kernel_.Connect(connect.op, fd, Endpoint{address, 80});
    const absl::Time until = network_.now() + absl::Minutes(5);
    while (connect.seen.empty() && network_.now() < until) kernel_.Turn(until);
    kernel_.Close(fd);
    return connect.result();
  };
  EXPECT_EQ(outcome(kThere), -ECONNREFUSED);
  EXPECT_EQ(outcome(no_host), -EHOSTUNREACH);
  EXPECT_EQ(outcome(no_network), -ENETUNREACH);
  const absl::Time before = network_.now();
  EXPECT_EQ(outcome(silent), -ETIMEDOUT);
  EXPECT_GE(network_.now() - before, absl::Seconds(127));
}

TEST_F(SimKernelTest, ErrorOfAResetIsReportedOnlyOnce) {
  SimSocket* there = nullptr;
  const int fd = ConnectTo(&there);
  there->CloseWithReset();
  Settle();
  Recorder receive;
  kernel_.Receive(receive.op, fd, 100, false);
  TurnUntil([&] { return !receive.seen.empty(); });
  EXPECT_EQ(receive.result(), -ECONNRESET);
  const uint8_t byte = 'x';
  const iovec part{const_cast<uint8_t*>(&byte), 1};
  Recorder send;
  kernel_.Send(send.op, fd, absl::MakeConstSpan(&part, 1));
  kernel_.Receive(receive.op, fd, 100, false);
  TurnUntil([&] { return !send.seen.empty() && receive.seen.size() == 2; });
  EXPECT_EQ(send.result(), -EPIPE);
  EXPECT_EQ(receive.result(), 0);
}

TEST_F(SimKernelTest, BytesThatArrivedBeforeAResetCanStillBeReceived) {
  SimSocket* there = nullptr;
  const int fd = ConnectTo(&there);
  const uint8_t hello[] = {'h', 'i'};
  there->Write(hello, sizeof hello);
  Settle();
  there->CloseWithReset();
  Settle();
  Recorder receive;
  kernel_.Receive(receive.op, fd, 100, false);
  TurnUntil([&] { return !receive.seen.empty(); });
  EXPECT_EQ(receive.result(), 2);
  kernel_.Receive(receive.op, fd, 100, false);
  TurnUntil([&] { return receive.seen.size() == 2; });
  EXPECT_EQ(receive.result(), -ECONNRESET);
}

TEST_F(SimKernelTest, CloseOverUnreadBytesIsAReset) {
  SimSocket* there = nullptr;
  const int fd = ConnectTo(&there);
  const uint8_t hello[] = {'h', 'i'};
  there->Write(hello, sizeof hello);
  Settle();
  kernel_.Close(fd);
  Settle();
  uint8_t byte;
  EXPECT_EQ(there->Read(&byte, 1), -ECONNRESET);
}

TEST_F(SimKernelTest, DescriptorsOutLeaveClientsInTheBacklog) {
  const int listener = kernel_.Listen(Endpoint{kHere, 1080}, 16, {});
  Recorder accept;
  kernel_.Accept(accept.op, listener);
  process_.set_descriptors_max(process_.open() + 1);
  std::vector<SimSocket*> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(&network_.NewSocket(other_host_));
    clients.back()->Connect(Endpoint{kHere, 1080});
  }
  TurnUntil([&] { return !accept.seen.empty() && !accept.seen.back().more; });
  EXPECT_EQ(accept.seen.size(), 2u);
  EXPECT_EQ(accept.result(), -EMFILE);
  for (SimSocket* client : clients) EXPECT_TRUE(client->connected());
  process_.set_descriptors_max(100);
  kernel_.Accept(accept.op, listener);
  TurnUntil([&] { return accept.seen.size() == 4; });
  EXPECT_TRUE(accept.op.in_flight());
}

// Every fault at once, and often.
SimFaults Chaos() {
  SimFaults faults;
  faults.socket_buffer_min = 512;
  faults.socket_buffer_max = 4096;
  faults.small_segment = 0.3;
  faults.short_receive = 0.5;
  faults.receive_without_hint = 0.5;
  faults.no_buffers = 0.3;
  faults.buffer_on_failure = 0.5;
  faults.operation_delay = 0.3;
  faults.completion_delay = 0.3;
  faults.completions_shuffled = 0.5;
  faults.completions_split = 0.5;
  faults.early_wake = 0.3;
  faults.send_partly = 0.5;
  return faults;
}

// Sends a text through chaos and back into a string. Returns the trace's hash.
uint64_t SendThroughChaos(uint64_t seed, std::string* arrived) {
  SimNetwork network(seed, Chaos());
  SimHost& host = network.AddHost({kHere});
  SimProcess process(network, host);
  SimKernel kernel(process,
                   SimKernel::Options{.buffer_bytes = 1024, .buffers = 4, .buffers_hot = 2});
  const int listener = kernel.Listen(Endpoint{kHere, 80}, 4, {});
  Recorder accept;
  Recorder connect;
  kernel.Accept(accept.op, listener);
  const int fd = kernel.OpenSocket(kHere, SocketSource());
  kernel.Connect(connect.op, fd, Endpoint{kHere, 80});
  while (accept.seen.empty() || connect.seen.empty()) kernel.Turn(network.now() + absl::Seconds(1));
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i) + " ";
  const iovec parts[] = {{text.data(), 10'000}, {text.data() + 10'000, text.size() - 10'000}};
  Recorder send;
  kernel.Send(send.op, fd, parts);
  Recorder receive;
  while (arrived->size() < text.size() && !network.judge().condemned()) {
    if (!receive.op.in_flight()) {
      if (!receive.seen.empty() && receive.seen.back().buffer >= 0) {
        const auto* bytes = reinterpret_cast<char*>(kernel.BufferBytes(receive.seen.back().buffer));
        if (receive.result() > 0) arrived->append(bytes, static_cast<size_t>(receive.result()));
        kernel.ReturnBuffer(receive.seen.back().buffer);
      }
      receive.seen.clear();
      kernel.Receive(receive.op, accept.seen[0].result, 1024, seed % 2 == 0);
    }
    kernel.Turn(network.now() + absl::Seconds(1));
  }
  EXPECT_THAT(network.judge().accusations(), IsEmpty());
  EXPECT_EQ(*arrived, text);
  return network.trace().hash();
}

TEST(SimKernelChaosTest, BytesArriveInOrderThroughEveryFault) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    std::string arrived;
    SendThroughChaos(seed, &arrived);
  }
}

TEST(SimKernelChaosTest, SameSeedIsTheSameWorld) {
  std::string first, second, other;
  const uint64_t hash = SendThroughChaos(3, &first);
  EXPECT_EQ(SendThroughChaos(3, &second), hash);
  EXPECT_NE(SendThroughChaos(4, &other), hash);
}

class PipeTest : public SimKernelTest {};

TEST_F(PipeTest, FullPipeAndEmptySocketBothSayTryAgain) {
  SimSocket* there = nullptr;
  const int fd = ConnectTo(&there);
  SplicePipe pipe;
  ASSERT_EQ(kernel_.OpenPipe(4096, &pipe), 0);
  EXPECT_EQ(kernel_.SpliceIn(fd, pipe, 100), -EAGAIN);
  const std::vector<uint8_t> bytes(10'000, 'a');
  there->Write(bytes.data(), bytes.size());
  Settle();
  const int64_t moved = kernel_.SpliceIn(fd, pipe, 10'000);
  EXPECT_GT(moved, 0);
  EXPECT_LE(moved, 4096);
  EXPECT_EQ(kernel_.SpliceIn(fd, pipe, 10'000), -EAGAIN);
  EXPECT_EQ(kernel_.SpliceOut(pipe, fd, 10'000), moved);
  EXPECT_EQ(kernel_.SpliceOut(pipe, fd, 10'000), -EAGAIN);
  kernel_.ClosePipe(pipe);
  EXPECT_EQ(process_.open(), 1);
  EXPECT_THAT(accusations(), IsEmpty());
}

}  // namespace
}  // namespace sluice
