// How bytes are received into the pool's buffers, and sent.

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "core/kernel_contract.h"
#include "core/prng.h"
#include "gmock/gmock.h"

namespace sluice {
namespace {

// Bytes in which a displaced or missing stretch shows.
std::string RandomBytes(size_t bytes) {
  Prng prng(bytes);
  std::string text(bytes, '\0');
  for (char& byte : text) byte = static_cast<char>(prng.Next());
  return text;
}

// More than two socket buffers hold, however generous the host.
constexpr size_t kManyBytes = 41'943'011;

// --- Receiving

TEST_P(KernelContract, WaitingReceiveUsesNoBuffer) {
  const Pair pair = Connect();
  const int free = kernel().buffers_free();
  Asked& one = AskReceive(pair.server);
  Asked& other = AskReceive(pair.client, 100, /*wait_first=*/true);
  Settle();
  EXPECT_TRUE(one.op.in_flight());
  EXPECT_TRUE(other.op.in_flight());
  EXPECT_EQ(kernel().buffers_free(), free);
  SendAll(pair.client, "now");
  EXPECT_EQ(TakeBytes(Next(one)), "now");
}

TEST_P(KernelContract, BytesArriveAsTheyWereSent) {
  const Pair pair = Connect();
  const std::string bytes = RandomBytes(20'000);
  SendAll(pair.client, bytes);
  EXPECT_EQ(ReceiveBytes(pair.server, bytes.size()), bytes);
  SendAll(pair.server, bytes);
  EXPECT_EQ(ReceiveBytes(pair.client, bytes.size()), bytes);
}

TEST_P(KernelContract, ReceiveTakesAtMostWhatWasAskedAndLeavesTheRest) {
  const Pair pair = Connect();
  SendAll(pair.client, "abcdef");
  Settle();
  Asked& first = AskReceive(pair.server, 2);
  const std::string taken = TakeBytes(Next(first));
  EXPECT_THAT(taken.size(), ::testing::AllOf(::testing::Ge(1u), ::testing::Le(2u)));
  EXPECT_EQ(taken + ReceiveBytes(pair.server, 6 - taken.size()), "abcdef");
}

TEST_P(KernelContract, ReceiveNeverGivesMoreThanABuffer) {
  const Pair pair = Connect();
  const std::string bytes = RandomBytes(3 * kernel().buffer_size());
  SendAll(pair.client, bytes);
  Settle();
  std::string received;
  while (received.size() < bytes.size()) {
    const Completion completion = Next(AskReceive(pair.server));
    ASSERT_GT(completion.result, 0);
    EXPECT_LE(static_cast<size_t>(completion.result), kernel().buffer_size());
    received += TakeBytes(completion);
  }
  EXPECT_EQ(received, bytes);
}

TEST_P(KernelContract, ReceiveThatWaitsFirstTakesBytesThatAreThereAlready) {
  const Pair pair = Connect();
  SendAll(pair.client, "early");
  Settle();
  EXPECT_EQ(TakeBytes(Next(AskReceive(pair.server, 100, /*wait_first=*/true))), "early");
}

TEST_P(KernelContract, EmptyPoolIsSaidAndReceivingGoesOnWhenABufferComesBack) {
  Open({.buffers = 2, .buffer_bytes = 512});
  const Pair pair = Connect();
  SendAll(pair.client, std::string(512, 'a') + std::string(512, 'b') + "c");
  Settle();
  const Completion first = Next(AskReceive(pair.server));
  const Completion second = Next(AskReceive(pair.server));
  ASSERT_EQ(first.result, 512);
  ASSERT_EQ(second.result, 512);
  EXPECT_NE(first.buffer, second.buffer);
  EXPECT_EQ(kernel().buffers_free(), 0);

  for (int i = 0; i < 3; ++i) {
    const Completion none = Next(AskReceive(pair.server));
    EXPECT_EQ(none.result, -ENOBUFS);
    EXPECT_EQ(none.buffer, -1);
  }
  EXPECT_EQ(TakeBytes(first), std::string(512, 'a'));
  EXPECT_EQ(kernel().buffers_free(), 1);
  EXPECT_EQ(TakeBytes(Next(AskReceive(pair.server))), "c");
  EXPECT_EQ(TakeBytes(second), std::string(512, 'b'));
  EXPECT_EQ(kernel().buffers_free(), 2);
}

TEST_P(KernelContract, ReceiveWaitsForBytesAlthoughThePoolIsEmpty) {
  Open({.buffers = 1, .buffer_bytes = 512});
  const Pair pair = Connect();
  SendAll(pair.client, "a");
  const Completion held = Next(AskReceive(pair.server));
  ASSERT_EQ(held.result, 1);
  Asked& waiting = AskReceive(pair.client, 100, /*wait_first=*/true);
  Settle();
  EXPECT_TRUE(waiting.op.in_flight());
  EXPECT_EQ(TakeBytes(held), "a");
  kernel().Turn(absl::InfinitePast());
  SendAll(pair.server, "b");
  EXPECT_EQ(TakeBytes(Next(waiting)), "b");
}

TEST_P(KernelContract, HeldBufferKeepsItsBytesWhileOthersAreUsed) {
  Open({.buffers = 4, .buffer_bytes = 64});
  const Pair pair = Connect();
  SendAll(pair.client, "precious");
  const Completion held = Next(AskReceive(pair.server));
  for (int i = 0; i < 20; ++i) {
    SendAll(pair.client, "passing through");
    ReceiveBytes(pair.server, 15);
  }
  EXPECT_EQ(TakeBytes(held), "precious");
}

TEST_P(KernelContract, FinIsZeroAfterTheLastByteAndEverAfter) {
  const Pair pair = Connect();
  SendAll(pair.client, "bye");
  ShutdownWrite(pair.client);
  Settle();
  EXPECT_EQ(ReceiveBytes(pair.server, 3), "bye");
  EXPECT_EQ(ReceiveResult(pair.server), 0);
  EXPECT_EQ(ReceiveResult(pair.server), 0);
}

TEST_P(KernelContract, WaitingReceiveIsEndedByFin) {
  const Pair pair = Connect();
  Asked& receive = AskReceive(pair.server, 100, /*wait_first=*/true);
  Settle();
  ShutdownWrite(pair.client);
  const Completion completion = Next(receive);
  EXPECT_EQ(completion.result, 0);
  EXPECT_FALSE(completion.more);
  TakeBytes(completion);
}

// --- Receiving many

TEST_P(KernelContract, ReceiveManyCompletesForWhatComesAndNoMoreThanABufferHolds) {
  const Pair pair = Connect();
  const std::string bytes = RandomBytes(kernel().buffer_size() + 1000);
  Asked* receive = &AskReceiveMany(pair.server);
  size_t in_one = 0;
  std::string received;
  for (size_t sent = 0; sent < bytes.size(); sent += 100) {
    SendAll(pair.client, bytes.substr(sent, 100));
    const size_t wanted = std::min(bytes.size(), sent + 100);
    while (received.size() < wanted) {
      const Completion completion = Next(*receive);
      ASSERT_GT(completion.result, 0);
      received += TakeBytes(completion);
      in_one += static_cast<size_t>(completion.result);
      EXPECT_EQ(receive->op.in_flight(), completion.more);
      ASSERT_LE(in_one, kernel().buffer_size());
      if (completion.more) continue;
      receive = &AskReceiveMany(pair.server);
      in_one = 0;
    }
  }
  EXPECT_EQ(received, bytes);
}

TEST_P(KernelContract, ReceiveManyTakesNoMoreThanABufferHoldsFromWhoSendsOn) {
  const Pair pair = Connect();
  const std::string bytes = RandomBytes(3 * kernel().buffer_size());
  SendAll(pair.client, bytes);
  Settle();
  std::string received;
  while (received.size() < bytes.size()) {
    Asked& receive = AskReceiveMany(pair.server);
    std::string in_one;
    for (bool more = true; more;) {
      const Completion completion = Next(receive);
      ASSERT_GT(completion.result, 0);
      in_one += TakeBytes(completion);
      more = completion.more && received.size() + in_one.size() < bytes.size();
    }
    EXPECT_LE(in_one.size(), kernel().buffer_size());
    received += in_one;
  }
  EXPECT_EQ(received, bytes);
}

TEST_P(KernelContract, ReceiveManyEndsOnceWithFinOrCancel) {
  const Pair pair = Connect();
  Asked& cancelled = AskReceiveMany(pair.client);
  Asked& ended = AskReceiveMany(pair.server);
  Settle();
  kernel().Cancel(cancelled.op);
  EXPECT_EQ(Next(cancelled).result, -ECANCELED);
  EXPECT_FALSE(cancelled.op.in_flight());
  ShutdownWrite(pair.client);
  const Completion fin = Next(ended);
  EXPECT_EQ(fin.result, 0);
  EXPECT_FALSE(fin.more);
  if (fin.buffer >= 0) kernel().ReturnBuffer(fin.buffer);
  Settle();
  EXPECT_EQ(cancelled.seen.size(), 1u);
  EXPECT_EQ(ended.seen.size(), 1u);
}

TEST_P(KernelContract, ReceiveManySaysThatThePoolIsEmpty) {
  Open({.buffers = 1, .buffer_bytes = 512});
  const Pair pair = Connect();
  SendAll(pair.client, "a");
  const Completion held = Next(AskReceive(pair.server));
  Asked& receive = AskReceiveMany(pair.server);
  SendAll(pair.client, "b");
  const Completion none = Next(receive);
  EXPECT_EQ(none.result, -ENOBUFS);
  EXPECT_FALSE(none.more);
  EXPECT_EQ(TakeBytes(held), "a");
  EXPECT_EQ(ReceiveBytes(pair.server, 1), "b");
}

// --- Sending

TEST_P(KernelContract, SendCompletesOnlyWhenAllHasFoundRoom) {
  const Pair pair = Connect();
  const std::string bytes = RandomBytes(kManyBytes);
  Asked& send = AskSend(pair.client, bytes);
  Settle();
  EXPECT_TRUE(send.op.in_flight());
  std::string received;
  received.reserve(bytes.size());
  while (received.size() < bytes.size()) {
    const Completion completion = Next(AskReceive(pair.server));
    ASSERT_GT(completion.result, 0);
    received += TakeBytes(completion);
  }
  EXPECT_TRUE(received == bytes);
  EXPECT_EQ(Next(send).result, static_cast<int32_t>(bytes.size()));
  EXPECT_EQ(send.seen.size(), 1u);
}

// io_uring alone would let a worker thread wait for room, one connection after the other.
TEST_P(KernelContract, PeersThatHaveSentFinAndDoNotReadHoldUpNobodyElse) {
  const std::string bytes = RandomBytes(kManyBytes);
  std::vector<Pair> pairs;
  std::vector<Asked*> sends;
  for (int i = 0; i < 4; ++i) {
    pairs.push_back(Connect());
    // Before the send waits for room, and while it does.
    if (i < 2) ShutdownWrite(pairs.back().server);
    const iovec half{const_cast<char*>(bytes.data()), bytes.size() / 2};
    const iovec rest{const_cast<char*>(bytes.data()) + half.iov_len, bytes.size() - half.iov_len};
    sends.push_back(&AskSend(pairs.back().client, {half, rest}));
    Settle();
    if (i >= 2) ShutdownWrite(pairs.back().server);
    Settle();
  }
  for (const size_t i : {3, 1}) {
    EXPECT_TRUE(ReceiveBytes(pairs[i].server, bytes.size()) == bytes);
    EXPECT_EQ(Next(*sends[i]).result, static_cast<int32_t>(bytes.size()));
  }
  EXPECT_TRUE(sends[0]->op.in_flight());
  EXPECT_TRUE(sends[2]->op.in_flight());
  kernel().Cancel(sends[0]->op);
  EXPECT_GT(Next(*sends[0]).result, 0);
  CloseWithReset(pairs[2].server);
  EXPECT_LT(Next(*sends[2]).result, static_cast<int32_t>(bytes.size()));
}

TEST_P(KernelContract, PartsAreSentInTheirOrder) {
  const Pair pair = Connect();
  std::string bytes = RandomBytes(500'000);
  std::vector<iovec> parts;
  size_t at = 0;
  for (size_t i = 0; i < size_t{Kernel::kSendPartsMax}; ++i) {
    const bool last = i + 1 == size_t{Kernel::kSendPartsMax};
    const size_t size = last ? bytes.size() - at : 1 + i * 3001;
    parts.push_back(iovec{bytes.data() + at, size});
    at += size;
  }
  Asked& send = AskSend(pair.client, parts);
  // The list of parts was copied.
  parts.assign(parts.size(), iovec{nullptr, 0});
  EXPECT_EQ(ReceiveBytes(pair.server, bytes.size()), bytes);
  EXPECT_EQ(Next(send).result, static_cast<int32_t>(bytes.size()));
}

TEST_P(KernelContract, ManySendsInOneTurnAllArrive) {
  std::vector<Pair> pairs;
  for (int i = 0; i < 20; ++i) pairs.push_back(Connect());
  std::vector<std::string> texts;
  for (size_t i = 0; i < pairs.size(); ++i) texts.push_back(RandomBytes(100 + i));
  std::vector<Asked*> sends;
  for (size_t i = 0; i < pairs.size(); ++i) {
    // Two parts, so that each needs a message header until it is handed over.
    sends.push_back(&AskSend(pairs[i].client,
                             {iovec{texts[i].data(), 50}, iovec{texts[i].data() + 50, 50 + i}}));
  }
  for (size_t i = 0; i < pairs.size(); ++i) {
    EXPECT_EQ(ReceiveBytes(pairs[i].server, texts[i].size()), texts[i]);
    EXPECT_EQ(Next(*sends[i]).result, static_cast<int32_t>(texts[i].size()));
  }
}

TEST_P(KernelContract, SendToAConnectionThatBreaksEndsShortOrWithTheError) {
  const Pair pair = Connect();
  const std::string bytes(kManyBytes, 'x');
  Asked& send = AskSend(pair.client, bytes);
  Settle();
  CloseWithReset(pair.server);
  const Completion completion = Next(send);
  EXPECT_LT(completion.result, static_cast<int32_t>(bytes.size()));
  EXPECT_TRUE(completion.result > 0 || completion.result == -ECONNRESET ||
              completion.result == -EPIPE)
      << completion.result;
  Settle();
  EXPECT_EQ(send.seen.size(), 1u);
}

// --- Cancelling

TEST_P(KernelContract, CancelledReceiveCompletesOnceAndTakesNothing) {
  const Pair pair = Connect();
  const int free = kernel().buffers_free();
  Asked& receive = AskReceive(pair.server);
  Settle();
  kernel().Cancel(receive.op);
  EXPECT_EQ(Next(receive).result, -ECANCELED);
  SendAll(pair.client, "kept");
  Settle();
  EXPECT_EQ(receive.seen.size(), 1u);
  EXPECT_EQ(ReceiveBytes(pair.server, 4), "kept");
  EXPECT_EQ(kernel().buffers_free(), free);
}

TEST_P(KernelContract, CancelThatRacesWithBytesLosesNone) {
  const Pair pair = Connect();
  for (int i = 0; i < 60; ++i) {
    const bool arrived = i % 3 == 0;
    Asked& receive = AskReceive(pair.server, 4);
    if (i % 2 == 0) Settle();
    Asked& send = AskSend(pair.client, "byte");
    if (arrived) TurnUntil([&] { return !send.seen.empty(); });
    kernel().Cancel(receive.op);
    kernel().Cancel(receive.op);
    const Completion completion = Next(receive);
    EXPECT_TRUE(completion.result > 0 || completion.result == -ECANCELED) << completion.result;
    std::string received = TakeBytes(completion);
    received += ReceiveBytes(pair.server, 4 - received.size());
    EXPECT_EQ(received, "byte");
    EXPECT_EQ(receive.seen.size(), 1u);
    EXPECT_EQ(Next(send).result, 4);
  }
}

TEST_P(KernelContract, CancelledSendTellsHowMuchHadFoundRoom) {
  const Pair pair = Connect();
  const std::string bytes = RandomBytes(kManyBytes);
  Asked& send = AskSend(pair.client, bytes);
  Settle();
  kernel().Cancel(send.op);
  const Completion completion = Next(send);
  ASSERT_GT(completion.result, 0);
  ASSERT_LT(completion.result, static_cast<int32_t>(bytes.size()));
  ShutdownWrite(pair.client);
  const auto sent = static_cast<size_t>(completion.result);
  EXPECT_TRUE(ReceiveBytes(pair.server, sent) == bytes.substr(0, sent));
  EXPECT_EQ(ReceiveResult(pair.server), 0);
}

TEST_P(KernelContract, CancelOfAnIdleOpDoesNothing) {
  const Pair pair = Connect();
  Asked& receive = AskReceive(pair.server, 1);
  SendAll(pair.client, "ab");
  EXPECT_EQ(TakeBytes(Next(receive)), "a");
  kernel().Cancel(receive.op);
  // The same Op again, which the cancellation before it must not hit.
  kernel().Receive(receive.op, pair.server, 1, /*wait_first=*/false);
  EXPECT_EQ(TakeBytes(Next(receive)), "b");
  EXPECT_EQ(receive.seen.size(), 2u);
}

}  // namespace
}  // namespace sluice
