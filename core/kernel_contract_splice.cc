// Readiness, and bytes that go through a pipe.

#include <cerrno>
#include <string>

#include "core/kernel_contract.h"

namespace sluice {
namespace {

// --- Polling

TEST_P(KernelContract, PollWaitsForBytesAndIsLevelTriggered) {
  const Pair pair = Connect();
  Asked& poll = AskPoll(pair.server, kPollIn);
  Settle();
  EXPECT_TRUE(poll.op.in_flight());
  SendAll(pair.client, "x");
  EXPECT_TRUE(Next(poll).result & kPollIn);
  EXPECT_FALSE(poll.op.in_flight());
  // The byte is still there.
  EXPECT_TRUE(Next(AskPoll(pair.server, kPollIn)).result & kPollIn);
  EXPECT_EQ(ReceiveBytes(pair.server, 1), "x");
  Asked& empty = AskPoll(pair.server, kPollIn);
  Settle();
  EXPECT_TRUE(empty.op.in_flight());
}

TEST_P(KernelContract, PollForRoomCompletesWhereThereIsRoom) {
  const Pair pair = Connect();
  EXPECT_EQ(Next(AskPoll(pair.client, kPollOut)).result, static_cast<int32_t>(kPollOut));
}

TEST_P(KernelContract, PollForRoomWaitsUntilThePeerReads) {
  const Pair pair = Connect();
  const size_t filled = Fill(pair.client);
  Asked& poll = AskPoll(pair.client, kPollOut);
  Settle();
  EXPECT_TRUE(poll.op.in_flight());
  ReceiveBytes(pair.server, filled);
  EXPECT_EQ(Next(poll).result, static_cast<int32_t>(kPollOut));
}

// io_uring alone would tell of the FIN, at once and for ever.
TEST_P(KernelContract, PollForRoomWaitsAlthoughThePeerHasSentFin) {
  const Pair pair = Connect();
  ShutdownWrite(pair.server);
  const size_t filled = Fill(pair.client);
  Asked& poll = AskPoll(pair.client, kPollOut);
  Asked& cancelled = AskPoll(pair.client, kPollOut);
  Settle();
  EXPECT_TRUE(poll.op.in_flight());
  EXPECT_TRUE(cancelled.op.in_flight());
  kernel().Cancel(cancelled.op);
  EXPECT_EQ(Next(cancelled).result, -ECANCELED);
  ReceiveBytes(pair.server, filled);
  EXPECT_EQ(Next(poll).result, static_cast<int32_t>(kPollOut));
  EXPECT_EQ(poll.seen.size(), 1u);
}

TEST_P(KernelContract, PollThatAsksNothingSeesResetAndNotFin) {
  const Pair pair = Connect();
  Asked& before = AskPoll(pair.server, 0);
  Settle();
  ShutdownWrite(pair.client);
  Settle();
  Asked& after = AskPoll(pair.server, 0);
  Settle();
  EXPECT_TRUE(before.op.in_flight());
  EXPECT_TRUE(after.op.in_flight());
  CloseWithReset(pair.client);
  EXPECT_TRUE(Next(before).result & (kPollError | kPollHangUp));
  EXPECT_TRUE(Next(after).result & (kPollError | kPollHangUp));
}

TEST_P(KernelContract, PollSeesFin) {
  const Pair pair = Connect();
  Asked& poll = AskPoll(pair.server, kPollPeerClosed);
  Settle();
  EXPECT_TRUE(poll.op.in_flight());
  ShutdownWrite(pair.client);
  EXPECT_EQ(Next(poll).result, static_cast<int32_t>(kPollPeerClosed));
  // A receive would not wait either.
  EXPECT_EQ(Next(AskPoll(pair.server, kPollIn | kPollPeerClosed)).result,
            static_cast<int32_t>(kPollIn | kPollPeerClosed));
}

TEST_P(KernelContract, PollSeesFinAlthoughBytesAreUnread) {
  const Pair pair = Connect();
  SendAll(pair.client, "unread");
  Asked& poll = AskPoll(pair.server, kPollPeerClosed);
  Settle();
  EXPECT_TRUE(poll.op.in_flight());
  ShutdownWrite(pair.client);
  EXPECT_TRUE(Next(poll).result & kPollPeerClosed);
}

TEST_P(KernelContract, PollSeesBothEndsShutAsHangUp) {
  const Pair pair = Connect();
  ShutdownWrite(pair.client);
  EXPECT_EQ(ReceiveResult(pair.server), 0);
  ShutdownWrite(pair.server);
  EXPECT_TRUE(Next(AskPoll(pair.server, kPollPeerClosed)).result & kPollPeerClosed);
  Settle();
  EXPECT_TRUE(Next(AskPoll(pair.server, 0)).result & kPollHangUp);
}

TEST_P(KernelContract, PollSeesResetAsErrorAndHangUpWhateverWasAsked) {
  const Pair pair = Connect();
  Asked& poll = AskPoll(pair.server, 0);
  Settle();
  EXPECT_TRUE(poll.op.in_flight());
  CloseWithReset(pair.client);
  EXPECT_EQ(Next(poll).result, static_cast<int32_t>(kPollError | kPollHangUp));
  // The error is still there for who asks what it was.
  EXPECT_EQ(ReceiveResult(pair.server), -ECONNRESET);
}

TEST_P(KernelContract, CancelledPollCompletesOnce) {
  const Pair pair = Connect();
  Asked& poll = AskPoll(pair.server, kPollIn);
  Settle();
  kernel().Cancel(poll.op);
  EXPECT_EQ(Next(poll).result, -ECANCELED);
  SendAll(pair.client, "x");
  Settle();
  EXPECT_EQ(poll.seen.size(), 1u);
}

// --- Splicing

TEST_P(KernelContract, SplicedBytesArriveAsTheyWereSent) {
  const Pair from = Connect();
  const Pair to = Connect();
  const SplicePipe pipe = OpenPipe();
  SendAll(from.client, "through the pipe");
  EXPECT_TRUE(Next(AskPoll(from.server, kPollIn)).result & kPollIn);
  const int64_t in = kernel().SpliceIn(from.server, pipe, 1000);
  ASSERT_GT(in, 0);
  ASSERT_LE(in, 16);
  EXPECT_EQ(kernel().SpliceOut(pipe, to.client, static_cast<size_t>(in)), in);
  EXPECT_EQ(ReceiveBytes(to.server, static_cast<size_t>(in)),
            std::string("through the pipe").substr(0, static_cast<size_t>(in)));
}

TEST_P(KernelContract, SpliceMovesAtMostWhatWasAsked) {
  const Pair from = Connect();
  const Pair to = Connect();
  const SplicePipe pipe = OpenPipe();
  SendAll(from.client, "abcdef");
  Settle();
  EXPECT_EQ(kernel().SpliceIn(from.server, pipe, 4), 4);
  EXPECT_EQ(kernel().SpliceOut(pipe, to.client, 3), 3);
  EXPECT_EQ(ReceiveBytes(to.server, 3), "abc");
  EXPECT_EQ(ReceiveBytes(from.server, 2), "ef");
  EXPECT_EQ(kernel().SpliceOut(pipe, to.client, 100), 1);
  EXPECT_EQ(ReceiveBytes(to.server, 1), "d");
}

TEST_P(KernelContract, SpliceInOfAnEmptySocketDoesNotWait) {
  const Pair pair = Connect();
  const SplicePipe pipe = OpenPipe();
  EXPECT_EQ(kernel().SpliceIn(pair.server, pipe, 1000), -EAGAIN);
}

TEST_P(KernelContract, SpliceOutOfAnEmptyPipeDoesNotWait) {
  const Pair pair = Connect();
  const SplicePipe pipe = OpenPipe();
  EXPECT_EQ(kernel().SpliceOut(pipe, pair.client, 1000), -EAGAIN);
}

TEST_P(KernelContract, SpliceInOfAFullPipeDoesNotWait) {
  const Pair pair = Connect();
  const SplicePipe pipe = OpenPipe(65536);
  // A pipe is full when its slots are, whatever these hold: its capacity is no promise in bytes.
  const std::string bytes(8 << 20, 'x');
  Asked& send = AskSend(pair.client, bytes);
  size_t held = 0;
  while (true) {
    Settle();
    const int64_t in = kernel().SpliceIn(pair.server, pipe, bytes.size());
    if (in == -EAGAIN) break;
    ASSERT_GT(in, 0);
    held += static_cast<size_t>(in);
  }
  ASSERT_LT(held, bytes.size());
  // The socket has more: the pipe is what is full.
  EXPECT_TRUE(Next(AskPoll(pair.server, kPollIn)).result & kPollIn);
  ReceiveBytes(pair.server, bytes.size() - held);
  EXPECT_EQ(Next(send).result, static_cast<int32_t>(bytes.size()));
}

TEST_P(KernelContract, SpliceOutToAFullSocketDoesNotWaitAndLosesNothing) {
  const Pair from = Connect();
  const Pair to = Connect();
  size_t filled = Fill(to.client);
  const SplicePipe pipe = OpenPipe();
  // On a busy machine a socket that was full may get room once more, from what was on its way.
  while (true) {
    SendAll(from.client, "patient");
    Settle();
    ASSERT_EQ(kernel().SpliceIn(from.server, pipe, 7), 7);
    const int64_t put = kernel().SpliceOut(pipe, to.client, 7);
    if (put == -EAGAIN) break;
    ASSERT_EQ(put, 7);
    filled += 7 + Fill(to.client);
  }
  ReceiveBytes(to.server, filled);
  EXPECT_TRUE(Next(AskPoll(to.client, kPollOut)).result & kPollOut);
  EXPECT_EQ(kernel().SpliceOut(pipe, to.client, 7), 7);
  EXPECT_EQ(ReceiveBytes(to.server, 7), "patient");
}

TEST_P(KernelContract, SpliceInIsZeroAtFin) {
  const Pair pair = Connect();
  const SplicePipe pipe = OpenPipe();
  SendAll(pair.client, "end");
  ShutdownWrite(pair.client);
  Settle();
  EXPECT_EQ(kernel().SpliceIn(pair.server, pipe, 100), 3);
  EXPECT_EQ(kernel().SpliceIn(pair.server, pipe, 100), 0);
  EXPECT_EQ(kernel().SpliceIn(pair.server, pipe, 100), 0);
}

TEST_P(KernelContract, SpliceSeesReset) {
  const Pair from = Connect();
  const Pair to = Connect();
  const SplicePipe pipe = OpenPipe();
  SendAll(from.client, "x");
  Settle();
  EXPECT_EQ(kernel().SpliceIn(from.server, pipe, 1), 1);
  CloseWithReset(from.client);
  CloseWithReset(to.server);
  Settle();
  EXPECT_EQ(kernel().SpliceIn(from.server, pipe, 100), -ECONNRESET);
  const int64_t out = kernel().SpliceOut(pipe, to.client, 1);
  EXPECT_TRUE(out == -ECONNRESET || out == -EPIPE) << out;
}

TEST_P(KernelContract, PipeHasTheCapacityAskedForOrSaysWhatItHas) {
  const SplicePipe pipe = OpenPipe(256 * 1024);
  EXPECT_GT(pipe.capacity, 0);
  EXPECT_NE(pipe.read_fd, pipe.write_fd);
}

}  // namespace
}  // namespace sluice
