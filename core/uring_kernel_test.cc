// What UringKernel does beyond the contract that it shares with the simulated kernel.

#include "core/uring_kernel.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "glog/logging.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

// An operation that remembers its last completion.
struct Asked {
  Asked() { op.Bind<&Asked::OnCompletion>(this); }
  void OnCompletion(Op&, const Completion& completion) {
    ++completions;
    last = completion;
  }
  Op op;
  int completions = 0;
  Completion last;
};

class UringKernelTest : public ::testing::Test {
 protected:
  UringKernelTest() { Open(UringKernel::Options()); }
  ~UringKernelTest() override {
    for (const int fd : fds_) kernel_->Close(fd);
  }

  void Open(const UringKernel::Options& options) {
    auto kernel = UringKernel::Create(options);
    CHECK(kernel.ok()) << kernel.status();
    kernel_ = *std::move(kernel);
  }
  Completion Complete(Asked& asked) {
    const int before = asked.completions;
    while (asked.completions == before) kernel_->Turn(absl::InfiniteFuture());
    return asked.last;
  }
  // `client_` and `server_` become the ends of a connection.
  void Connect() {
    const int listener = kernel_->Listen(Endpoint{Address::FromV4({127, 0, 0, 1}), 0}, 8, {});
    CHECK_GE(listener, 0);
    Endpoint at;
    CHECK_EQ(kernel_->LocalEndpoint(listener, &at), 0);
    client_ = kernel_->OpenSocket(at.address, SocketSource());
    Asked connect;
    Asked accept;
    kernel_->Connect(connect.op, client_, at);
    CHECK_EQ(Complete(connect).result, 0);
    kernel_->AcceptOne(accept.op, listener);
    server_ = Complete(accept).result;
    CHECK_GE(server_, 0);
    kernel_->Close(listener);
    fds_.push_back(client_);
    fds_.push_back(server_);
  }
  void SendBytes(const std::string& bytes) {
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    Asked send;
    kernel_->Send(send.op, client_, absl::MakeConstSpan(&part, 1));
    CHECK_EQ(Complete(send).result, static_cast<int>(bytes.size()));
  }
  Completion ReceiveOne() {
    Asked receive;
    kernel_->Receive(receive.op, server_, 1, false);
    return Complete(receive);
  }

  std::unique_ptr<UringKernel> kernel_;
  int client_ = -1;
  int server_ = -1;
  std::vector<int> fds_;
};

int OptionOf(int fd, int level, int option) {
  int value = -1;
  socklen_t size = sizeof(value);
  CHECK_EQ(getsockopt(fd, level, option, &value, &size), 0);
  return value;
}

TEST_F(UringKernelTest, EverySocketHasTheOptionsThatKernelPromises) {
  Connect();
  for (const int fd : {client_, server_}) {
    EXPECT_EQ(OptionOf(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    EXPECT_EQ(OptionOf(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT),
              static_cast<int>(limits::kUnsentBytesMax));
    // It overrides how many probes a keepalive sends, and ends who is there but has no room.
    EXPECT_EQ(OptionOf(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
    EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
    EXPECT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  }
}

TEST_F(UringKernelTest, ConnectionHasTheKeepaliveThatWasAskedFor) {
  Connect();
  const Keepalive keepalive{.after = absl::Seconds(61), .interval = absl::Seconds(11), .probes = 4};
  EXPECT_EQ(kernel_->SetKeepalive(server_, keepalive), 0);
  EXPECT_EQ(OptionOf(server_, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(OptionOf(server_, IPPROTO_TCP, TCP_KEEPIDLE), 61);
  EXPECT_EQ(OptionOf(server_, IPPROTO_TCP, TCP_KEEPINTVL), 11);
  EXPECT_EQ(OptionOf(server_, IPPROTO_TCP, TCP_KEEPCNT), 4);
  EXPECT_EQ(kernel_->SetKeepalive(server_, Keepalive()), 0);
  EXPECT_EQ(OptionOf(server_, SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(kernel_->SetKeepalive(server_, {.after = absl::Hours(10)}), -EINVAL);
}

// How often this thread has slept.
int64_t Sleeps() {
  rusage usage;
  CHECK_EQ(getrusage(RUSAGE_THREAD, &usage), 0);
  return usage.ru_nvcsw;
}

// Kernels that spin for so long, and whose last turn has brought something.
class SpinningUringKernelTest : public UringKernelTest {
 protected:
  void Spin(absl::Duration spin) {
    UringKernel::Options options;
    options.spin = spin;
    options.cpu_wanted = &cpu_wanted_;
    Open(options);
    Connect();
    SendBytes("x");
  }
  // Whether a turn of 5 ms in which nothing comes is spent asleep. The turn before it brought
  // something.
  bool SleptInTurn() {
    const int64_t before = Sleeps();
    kernel_->Turn(kernel_->Now() + absl::Milliseconds(5));
    return Sleeps() > before;
  }

  std::atomic<bool> cpu_wanted_ = false;
};
constexpr absl::Duration kForEver = absl::InfiniteDuration();  // who misses something hangs

TEST_F(SpinningUringKernelTest, TurnAfterOneThatBroughtSomethingSpinsAndOthersSleep) {
  Spin(kForEver);
  EXPECT_FALSE(SleptInTurn());
  EXPECT_TRUE(SleptInTurn());
}

TEST_F(SpinningUringKernelTest, TurnThatHasSpunLongEnoughSleeps) {
  Spin(absl::Microseconds(1));
  EXPECT_TRUE(SleptInTurn());
}

TEST_F(SpinningUringKernelTest, TurnSleepsWhereSomebodyWantsTheCpu) {
  Spin(kForEver);
  cpu_wanted_ = true;
  EXPECT_TRUE(SleptInTurn());
  SendBytes("x");
  cpu_wanted_ = false;
  EXPECT_FALSE(SleptInTurn());
}

TEST_F(SpinningUringKernelTest, TurnSleepsWhereSpinningHasFoundNothingTooOften) {
  Spin(kForEver);
  for (int i = 0; i < SpinOdds::kLuckMax; ++i) {
    EXPECT_FALSE(SleptInTurn());
    SendBytes("x");
  }
  EXPECT_TRUE(SleptInTurn());
}

TEST_F(SpinningUringKernelTest, TurnThatHasNoTimeToSpinIsNoLoss) {
  Spin(kForEver);
  for (int i = 0; i < SpinOdds::kLuckMax; ++i) {
    kernel_->Turn(absl::InfinitePast());
    SendBytes("x");
  }
  EXPECT_FALSE(SleptInTurn());
}

TEST_F(SpinningUringKernelTest, TimeOfSpinningIsTold) {
  Spin(kForEver);
  const absl::Duration before = kernel_->Spun();
  EXPECT_FALSE(SleptInTurn());
  EXPECT_GT(kernel_->Spun() - before, absl::Milliseconds(4));
  const absl::Duration after = kernel_->Spun();
  EXPECT_TRUE(SleptInTurn());
  EXPECT_EQ(kernel_->Spun(), after);
}

TEST_F(SpinningUringKernelTest, TurnSeesWhatComesAndWhoWakes) {
  Spin(kForEver);
  kernel_->ReturnBuffer(ReceiveOne().buffer);
  Asked receive;
  kernel_->Receive(receive.op, server_, 1, true);
  std::thread other([this] {
    PCHECK(send(client_, "y", 1, 0) == 1);
    kernel_->Wake();
  });
  bool woken = false;
  while (receive.completions == 0 || !woken) woken |= kernel_->Turn(absl::InfiniteFuture());
  other.join();
  kernel_->ReturnBuffer(receive.last.buffer);
}

TEST_F(UringKernelTest, TurnThatGathersWaitsForCompanyOfTheFirstCompletion) {
  UringKernel::Options options;
  options.gather = absl::Minutes(1);  // would be noticed
  options.gather_completions = 2;
  Open(options);
  if (!kernel_->can_gather()) GTEST_SKIP() << "Linux 6.12 can";
  Connect();
  Asked first;
  Asked second;
  kernel_->Receive(first.op, server_, 1, true);
  kernel_->Receive(second.op, client_, 1, true);
  kernel_->Turn(absl::InfinitePast());
  std::thread others([this] {
    PCHECK(send(client_, "1", 1, 0) == 1);
    PCHECK(send(server_, "2", 1, 0) == 1);
  });
  kernel_->GatherStream(1);
  kernel_->Turn(absl::InfiniteFuture());
  others.join();
  EXPECT_EQ(first.completions, 1);
  EXPECT_EQ(second.completions, 1);

  // The hint was for that turn only: the next one returns with the first.
  kernel_->ReturnBuffer(first.last.buffer);
  kernel_->ReturnBuffer(second.last.buffer);
  kernel_->Receive(first.op, server_, 1, true);
  PCHECK(send(client_, "3", 1, 0) == 1);
  Complete(first);
  EXPECT_EQ(first.completions, 2);
  kernel_->ReturnBuffer(first.last.buffer);
}

TEST_F(UringKernelTest, ReceiveManyStaysArmedWhereLinuxCanLimitIt) {
  utsname host;
  uname(&host);
  int major = 0;
  int minor = 0;
  CHECK_EQ(sscanf(host.release, "%d.%d", &major, &minor), 2);
  EXPECT_EQ(kernel_->receives_many(), major > 6 || (major == 6 && minor >= 17)) << host.release;
  Connect();
  Asked receive;
  kernel_->ReceiveMany(receive.op, server_);
  for (int i = 1; i <= 3 && (i == 1 || receive.op.in_flight()); ++i) {
    PCHECK(send(client_, "x", 1, 0) == 1);
    EXPECT_EQ(Complete(receive).more, kernel_->receives_many());
    kernel_->ReturnBuffer(receive.last.buffer);
  }
  EXPECT_EQ(receive.completions, kernel_->receives_many() ? 3 : 1);
  kernel_->Cancel(receive.op);
  while (receive.op.in_flight()) kernel_->Turn(absl::InfiniteFuture());
}

TEST_F(UringKernelTest, PipesHaveTheCapacityThatWasAskedWhereTheHostAllowsIt) {
  SplicePipe pipe;
  ASSERT_EQ(kernel_->OpenPipe(128 * 1024, &pipe), 0);
  EXPECT_EQ(pipe.capacity, 128 * 1024);
  EXPECT_TRUE(fcntl(pipe.read_fd, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(pipe.write_fd, F_GETFD) & FD_CLOEXEC);
  kernel_->ClosePipe(pipe);
}

TEST_F(UringKernelTest, BuffersHeldBySlowReadersAreReplacedFromTheReserve) {
  UringKernel::Options options;
  options.buffers_hot = 2;
  options.buffers_max = 5;
  Open(options);
  Connect();
  SendBytes("123456");
  std::vector<Completion> held;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(kernel_->buffers_free(), std::min(2, 5 - i));
    held.push_back(ReceiveOne());
    ASSERT_EQ(held.back().result, 1);
    EXPECT_EQ(*kernel_->BufferBytes(held.back().buffer), '1' + i);
  }
  EXPECT_EQ(kernel_->buffers_free(), 0);
  EXPECT_EQ(ReceiveOne().result, -ENOBUFS);
  // What comes back last is used first.
  kernel_->ReturnBuffer(held[1].buffer);
  kernel_->ReturnBuffer(held[3].buffer);
  kernel_->ReturnBuffer(held[2].buffer);
  const Completion again = ReceiveOne();
  EXPECT_EQ(again.result, 1);
  EXPECT_EQ(again.buffer, held[2].buffer);
}

TEST_F(UringKernelTest, ReserveIsNotTouchedWhileTheHotBuffersDo) {
  UringKernel::Options options;
  options.buffers_hot = 4;
  options.buffer_bytes = 4096;
  Open(options);
  Connect();
  for (int i = 0; i < 100; ++i) {
    SendBytes("x");
    const Completion completion = ReceiveOne();
    ASSERT_EQ(completion.result, 1);
    EXPECT_LT(completion.buffer, 4);
    kernel_->ReturnBuffer(completion.buffer);
  }
  std::vector<unsigned char> resident(1000);
  ASSERT_EQ(mincore(kernel_->BufferBytes(4), resident.size() * 4096, resident.data()), 0);
  for (const unsigned char one : resident) ASSERT_EQ(one & 1, 0);
}

TEST_F(UringKernelTest, OverflowOfTheCompletionQueueIsCountedAndLosesNothing) {
  UringKernel::Options options;
  options.submission_entries = 64;
  options.completion_entries = 64;
  Open(options);
  Connect();
  EXPECT_EQ(kernel_->overflows(), 0u);
  std::vector<Asked> polls(1000);
  for (Asked& poll : polls) kernel_->Poll(poll.op, client_, kPollOut);
  for (Asked& poll : polls) {
    while (poll.completions == 0) kernel_->Turn(absl::InfiniteFuture());
  }
  EXPECT_GT(kernel_->overflows(), 0u);
  EXPECT_EQ(kernel_->completions_lost(), 0u);
}

TEST_F(UringKernelTest, KernelMadeHereMayRunElsewhereAndEndHere) {
  std::thread shard([this] {
    Connect();
    SendBytes("x");
    const Completion completion = ReceiveOne();
    EXPECT_EQ(completion.result, 1);
    kernel_->ReturnBuffer(completion.buffer);
  });
  shard.join();
  for (const int fd : fds_) kernel_->Close(fd);
  fds_.clear();
  kernel_.reset();
  Open(UringKernel::Options());
  Connect();
}

TEST_F(UringKernelTest, UrgentByteHoldsUpNoReceive) {
  Connect();
  for (const bool wait_first : {false, true}) {
    Asked receive;
    kernel_->Receive(receive.op, server_, 100, wait_first);
    kernel_->Turn(absl::InfinitePast());
    ASSERT_EQ(send(client_, "!", 1, MSG_OOB), 1);
    kernel_->Turn(absl::InfinitePast());
    SendBytes("x");
    EXPECT_EQ(receive.completions == 1 ? receive.last.result : Complete(receive).result, 1);
    EXPECT_EQ(*kernel_->BufferBytes(receive.last.buffer), 'x');
    kernel_->ReturnBuffer(receive.last.buffer);
  }
}

// What makes a relay of datagrams cheap: they pass as one packet, from one send to one receive.
TEST_F(UringKernelTest, DatagramsSentTogetherComeAsOneRun) {
  const int a = kernel_->OpenDatagramSocket(Endpoint{Address::FromV4({127, 0, 0, 1}), 0}, "");
  const int b = kernel_->OpenDatagramSocket(Endpoint{Address::FromV4({127, 0, 0, 1}), 0}, "");
  fds_.insert(fds_.end(), {a, b});
  Endpoint to;
  ASSERT_EQ(kernel_->LocalEndpoint(b, &to), 0);
  std::string bytes(3 * 100 + 7, 'x');
  const iovec part{bytes.data(), bytes.size()};
  ASSERT_EQ(kernel_->SendDatagrams(a, to, absl::MakeConstSpan(&part, 1), 100), 4);
  Asked waits;
  kernel_->AwaitDatagrams(waits.op, b);
  Complete(waits);
  absl::Span<const DatagramRun> runs;
  ASSERT_EQ(kernel_->ReceiveDatagrams(b, &runs), 1);
  EXPECT_EQ(runs[0].bytes.size(), bytes.size());
  EXPECT_EQ(runs[0].datagram_bytes, 100u);
}

// As where a path is too narrow for a datagram, which can then still go in fragments.
TEST_F(UringKernelTest, DatagramsThatLinuxWillNotCutGoOneByOne) {
  const int a = kernel_->OpenDatagramSocket(Endpoint{Address::FromV4({127, 0, 0, 1}), 0}, "");
  const int b = kernel_->OpenDatagramSocket(Endpoint{Address::FromV4({127, 0, 0, 1}), 0}, "");
  fds_.insert(fds_.end(), {a, b});
  const int on = 1;
  // Without checksums UDP_SEGMENT is refused.
  ASSERT_EQ(setsockopt(a, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)), 0);
  Endpoint to;
  ASSERT_EQ(kernel_->LocalEndpoint(b, &to), 0);
  std::string bytes(3 * 100 + 7, 'x');
  const iovec parts[] = {{bytes.data(), 150}, {bytes.data() + 150, bytes.size() - 150}};
  ASSERT_EQ(kernel_->SendDatagrams(a, to, parts, 100), 4);
  Asked waits;
  kernel_->AwaitDatagrams(waits.op, b);
  Complete(waits);
  absl::Span<const DatagramRun> runs;
  ASSERT_EQ(kernel_->ReceiveDatagrams(b, &runs), 4);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(runs[static_cast<size_t>(i)].bytes.size(), i < 3 ? 100u : 7u);
}

TEST_F(UringKernelTest, UdpSocketHasTheOptionsThatKernelPromises) {
  const int fd = kernel_->OpenDatagramSocket(Endpoint{Address(), 0}, "");
  fds_.push_back(fd);
  const auto option = [fd](int level, int name) {
    int value = -1;
    socklen_t size = sizeof(value);
    PCHECK(getsockopt(fd, level, name, &value, &size) == 0);
    return value;
  };
  EXPECT_EQ(option(IPPROTO_IPV6, IPV6_V6ONLY), 1);
  EXPECT_EQ(option(IPPROTO_IPV6, IPV6_RECVERR), 0);
  EXPECT_EQ(option(SOL_SOCKET, SO_BROADCAST), 0);
  EXPECT_EQ(option(SOL_UDP, UDP_GRO), 1);
  EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

using UringKernelDeathTest = UringKernelTest;

TEST_F(UringKernelDeathTest, ReturningABufferTwiceOrStartingAnOpTwiceIsOurBug) {
  Connect();
  SendBytes("x");
  const Completion completion = ReceiveOne();
  kernel_->ReturnBuffer(completion.buffer);
  EXPECT_DEATH(kernel_->ReturnBuffer(completion.buffer), "nobody held it");
  EXPECT_DEATH(kernel_->ReturnBuffer(-1), "nobody held it");
  Asked poll;
  kernel_->Poll(poll.op, client_, kPollOut);
  EXPECT_DEATH(kernel_->Poll(poll.op, client_, kPollOut), "while it is in flight");
  EXPECT_DEATH(kernel_->Receive(poll.op, server_, 1, false), "while it is in flight");
  Complete(poll);
}

}  // namespace
}  // namespace sluice
