// Turns, deadlines, waking, and the clock.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "core/kernel_contract.h"

namespace sluice {
namespace {

TEST_P(KernelContract, TurnReturnsAtItsDeadlineAndTheClockShowsIt) {
  const Pair pair = Connect();
  Asked& receive = AskReceive(pair.server);
  for (const absl::Duration wait : {absl::Milliseconds(1), absl::Milliseconds(20)}) {
    const absl::Time deadline = kernel().Now() + wait;
    while (kernel().Now() < deadline) EXPECT_FALSE(kernel().Turn(deadline));
  }
  EXPECT_TRUE(receive.op.in_flight());
}

TEST_P(KernelContract, TurnWithADeadlineInThePastDoesNotWait) {
  const Pair pair = Connect();
  Asked& receive = AskReceive(pair.server);
  EXPECT_FALSE(kernel().Turn(absl::InfinitePast()));
  EXPECT_FALSE(kernel().Turn(kernel().Now() - absl::Hours(1)));
  EXPECT_FALSE(kernel().Turn(kernel().Now()));
  EXPECT_TRUE(receive.op.in_flight());
}

TEST_P(KernelContract, TurnWithADeadlineFarAwayReturnsWhenSomethingCompletes) {
  const Pair pair = Connect();
  Asked& receive = AskReceive(pair.server);
  Asked& send = AskSend(pair.client, "x");
  while (receive.seen.empty()) kernel().Turn(kernel().Now() + absl::Hours(24 * 365 * 100));
  EXPECT_EQ(TakeBytes(Next(receive)), "x");
  EXPECT_EQ(Next(send).result, 1);
}

TEST_P(KernelContract, TurnThatGathersDeliversWhatIsThereAndKeepsItsDeadline) {
  const Pair pair = Connect();
  Asked& receive = AskReceive(pair.server);
  kernel().GatherDatagrams(8);
  kernel().Turn(absl::InfinitePast());
  EXPECT_TRUE(receive.op.in_flight());
  const absl::Time deadline = kernel().Now() + absl::Milliseconds(1);
  while (kernel().Now() < deadline) {
    kernel().GatherDatagrams(8);
    kernel().Turn(deadline);
  }
  EXPECT_TRUE(receive.op.in_flight());
  AskSend(pair.client, "x");
  while (receive.seen.empty()) {
    kernel().GatherDatagrams(8);
    kernel().Turn(absl::InfiniteFuture());
  }
  EXPECT_EQ(TakeBytes(Next(receive)), "x");
}

TEST_P(KernelContract, WakeBeforeTheFirstTurnIsNotLost) {
  kernel().Wake();
  bool woken = false;
  for (int i = 0; i < 10 && !woken; ++i) woken = kernel().Turn(absl::InfiniteFuture());
  EXPECT_TRUE(woken);
}

TEST_P(KernelContract, WakeBetweenTurnsMakesTheNextOneReturn) {
  for (int round = 0; round < 5; ++round) {
    Settle();
    kernel().Wake();
    kernel().Wake();
    bool woken = false;
    for (int i = 0; i < 10 && !woken; ++i) woken = kernel().Turn(absl::InfiniteFuture());
    EXPECT_TRUE(woken);
    EXPECT_FALSE(kernel().Turn(absl::InfinitePast()));
  }
}

TEST_P(KernelContract, WakeFromAnotherThreadIsNeverLost) {
  if (!GetParam().has_threads) GTEST_SKIP() << "this kernel has one thread";
  constexpr int kOrders = 20'000;
  std::atomic<int> orders = 0;
  std::thread other([&] {
    for (int i = 0; i < kOrders; ++i) {
      orders.fetch_add(1, std::memory_order_relaxed);
      kernel().Wake();
    }
  });
  // Looks only when woken, so that a lost wake-up would leave it waiting for ever.
  int seen = 0;
  while (seen < kOrders) {
    if (kernel().Turn(absl::InfiniteFuture())) seen = orders.load(std::memory_order_relaxed);
  }
  other.join();
}

TEST_P(KernelContract, ClockNeverGoesBackAndStandsStillWithinATurn) {
  const absl::Time start = kernel().Now();
  Settle();
  const absl::Time now = kernel().Now();
  EXPECT_GE(now, start);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(kernel().Now(), now);
}

TEST_P(KernelContract, OperationMayBeAskedFromWithinACompletion) {
  const Pair pair = Connect();
  // Sends a byte whenever it has received one.
  struct Echo {
    void OnReceived(Op&, const Completion& completion) {
      ++received;
      byte = static_cast<char>(*kernel->BufferBytes(completion.buffer));
      kernel->ReturnBuffer(completion.buffer);
      const iovec part{&byte, 1};
      kernel->Send(send, fd, absl::MakeConstSpan(&part, 1));
    }
    void OnSent(Op&, const Completion&) {
      if (received < 10) kernel->Receive(receive, fd, 1, true);
    }
    Kernel* kernel;
    int fd;
    Op receive;
    Op send;
    char byte = 0;
    int received = 0;
  } echo{.kernel = &kernel(), .fd = pair.server, .receive = {}, .send = {}};
  echo.receive.Bind<&Echo::OnReceived>(&echo);
  echo.send.Bind<&Echo::OnSent>(&echo);
  kernel().Receive(echo.receive, pair.server, 1, true);
  SendAll(pair.client, "0123456789");
  EXPECT_EQ(ReceiveBytes(pair.client, 10), "0123456789");
  TurnUntil([&] { return !echo.send.in_flight(); });
  EXPECT_FALSE(echo.receive.in_flight());
}

TEST_P(KernelContract, MoreOperationsThanAnyQueueHoldsAllComplete) {
  const Pair pair = Connect();
  std::vector<Asked*> polls;
  for (int i = 0; i < 3000; ++i) polls.push_back(&AskPoll(pair.client, kPollOut));
  for (Asked* poll : polls) {
    EXPECT_EQ(Next(*poll).result, static_cast<int32_t>(kPollOut));
    EXPECT_EQ(poll->seen.size(), 1u);
  }
}

}  // namespace
}  // namespace sluice
