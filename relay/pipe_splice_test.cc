// The part of Pipe that moves fast streams through splice(2).

#include "gtest/gtest.h"
#include "relay/pipe.h"
#include "relay/pipe_workbench.h"

namespace sluice {
namespace {

// Enough to become one: what its sink has to take before, and some full buffers in a row.
constexpr uint64_t kFastStream = 6 * limits::kSplicePromotionBytes;

class PipeSpliceTest : public PipeWorkbench {};

TEST_F(PipeSpliceTest, FastStreamIsSpliced) {
  Line& line = NewLine();
  Stream(line, 2'000'000);
  EXPECT_EQ(counters_.splice_promotions.value(), 1u);
  EXPECT_EQ(counters_.splice_demotions.value(), 0u);
  EXPECT_EQ(kernel_.buffers_taken(), 0);
  EXPECT_EQ(line.pipe.bytes(), 2'000'000u);
}

TEST_F(PipeSpliceTest, SinkThatHasNotReadIsNotSplicedTo) {
  Line& line = NewLine();
  Stuff(line);
  EXPECT_EQ(counters_.splice_promotions.value(), 0u);
  EXPECT_EQ(splice_pipes_->lent(), 0);
}

TEST_F(PipeSpliceTest, MoreMayWaitForASplicedSinkUntilItStalls) {
  Line& line = NewLine();
  SimSocket& socket = *line.sink.peer();
  EXPECT_EQ(socket.unsent_max(), limits::kUnsentBytesMax);
  Stream(line, kFastStream);
  EXPECT_EQ(counters_.splice_promotions.value(), 1u);
  EXPECT_EQ(socket.unsent_max(), limits::kUnsentBytesOfStreamMax);
  Stuff(line);
  Pass(3 * limits::kStallWatchDelay);
  Stream(line, 1000);
  EXPECT_EQ(counters_.splice_demotions.value(), 1u);
  EXPECT_EQ(socket.unsent_max(), limits::kUnsentBytesMax);
}

TEST_F(PipeSpliceTest, ShortMessagesAreNeverSpliced) {
  Line& line = NewLine();
  for (int i = 0; i < 300; ++i) Stream(line, 8000);
  EXPECT_EQ(counters_.splice_promotions.value(), 0u);
}

TEST_F(PipeSpliceTest, OnlyASplicedStreamLetsTurnsGather) {
  Line& line = NewLine();
  for (int i = 0; i < 50; ++i) Stream(line, 8000);
  EXPECT_EQ(kernel_.TurnsGathered(), 0u);
  Stream(line, 2'000'000);
  EXPECT_GT(kernel_.TurnsGathered(), 0u);
  // All but what made it a fast stream.
  EXPECT_GT(kernel_.bytes_gathered(), 1'000'000u);
  EXPECT_LT(kernel_.bytes_gathered(), 2'000'000u);
}

class PipeOfSmallBuffersTest : public PipeWorkbench {
 protected:
  PipeOfSmallBuffersTest()
      : PipeWorkbench({.faults = EvenBuffers(64 * 1024), .kernel = {.buffer_bytes = 1000}}) {}
};

TEST_F(PipeOfSmallBuffersTest, FullBuffersMakeAStreamOnlyInARow) {
  Line& line = NewLine();
  // Each of these arrives in one piece.
  constexpr uint64_t kPiece = (limits::kSplicePromotionReceives - 1) * 1000 + 500;
  for (uint64_t sent = 0; sent <= limits::kSplicePromotionBytes; sent += kPiece) {
    Stream(line, kPiece);
  }
  EXPECT_EQ(counters_.splice_promotions.value(), 0u);
  Stream(line, limits::kSplicePromotionReceives * 1000);
  Stream(line, 1);  // the first that is spliced
  EXPECT_EQ(counters_.splice_promotions.value(), 1u);
}

TEST_F(PipeSpliceTest, SplicedStreamThatCalmsDownIsCopiedAgain) {
  Line& line = NewLine();
  Stream(line, kFastStream);
  Stream(line,
         2 * limits::kSpliceSmallBytes);  // in one wake-up: the count of small ones starts here
  Drip(line, limits::kSpliceDemotionTurns - 1);
  EXPECT_EQ(counters_.splice_demotions.value(), 0u);
  Drip(line, 1);
  EXPECT_EQ(counters_.splice_demotions.value(), 1u);
  Drip(line, 10);
  Stream(line, kFastStream);
  EXPECT_EQ(counters_.splice_promotions.value(), 2u);
}

TEST_F(PipeSpliceTest, SplicedStreamHoldsAPipeOnlyWhileBytesAreInIt) {
  Line& line = NewLine();
  Stream(line, kFastStream);
  EXPECT_EQ(splice_pipes_->lent(), 0);
  Stuff(line);
  EXPECT_EQ(splice_pipes_->lent(), 1);
  Stream(line, 1000);
  EXPECT_EQ(splice_pipes_->lent(), 0);
}

TEST_F(PipeSpliceTest, FinOfASplicedStreamIsPassedOnAfterTheLastByte) {
  Line& line = NewLine();
  Stream(line, kFastStream);
  Stuff(line);
  line.source.ShutdownWrite();
  Pass(absl::Seconds(1));
  EXPECT_EQ(line.finished, 0);  // the sink has not read
  while (!line.saw_fin && loop_.now() < absl::InfiniteFuture()) {
    ASSERT_NO_FATAL_FAILURE(line.Read());
    Pass(absl::Milliseconds(1));
  }
  EXPECT_EQ(line.read, line.written);
  EXPECT_EQ(line.finished, 1);
  EXPECT_EQ(splice_pipes_->lent(), 0);
}

TEST_F(PipeSpliceTest, StopOfASplicedStreamGivesItsPipeBack) {
  Line& line = NewLine();
  Stream(line, kFastStream);
  Stuff(line);
  ASSERT_EQ(splice_pipes_->lent(), 1);
  line.pipe.Stop();
  EXPECT_EQ(splice_pipes_->lent(), 0);
  Pass(absl::Seconds(1));
  EXPECT_EQ(line.quiet, 1);
}

TEST_F(PipeSpliceTest, ResetOfTheSourceIsNoticedWhileTheSinkTakesNothing) {
  Line& line = NewLine();
  Stream(line, kFastStream);
  Stuff(line);
  ASSERT_EQ(splice_pipes_->lent(), 1);
  line.source.CloseWithReset();
  Pass(3 * limits::kStallWatchDelay);
  EXPECT_EQ(line.broken_end, Pipe::End::kFrom);
  EXPECT_EQ(line.broken_error, ECONNRESET);
  EXPECT_EQ(splice_pipes_->lent(), 0);
}

TEST_F(PipeSpliceTest, SinkThatReadsAgainAfterLongGetsEverythingInOrder) {
  Line& line = NewLine();
  Stream(line, kFastStream);
  for (int i = 0; i < 3; ++i) {
    Stuff(line);
    ASSERT_EQ(splice_pipes_->lent(), 1);
    Pass(3 * limits::kStallWatchDelay);
    Stream(line, kFastStream);
  }
  EXPECT_EQ(line.read, line.written);
}

class PipeWithoutSplicePipesTest : public PipeWorkbench {
 protected:
  PipeWithoutSplicePipesTest()
      : PipeWorkbench({.faults = EvenBuffers(64 * 1024), .splice_pipes_max = 0}) {}
};

TEST_F(PipeWithoutSplicePipesTest, FastStreamGoesOnBeingCopied) {
  Line& line = NewLine();
  Stream(line, 2'000'000);
  EXPECT_EQ(line.pipe.bytes(), 2'000'000u);
  EXPECT_EQ(splice_pipes_->lent(), 0);
  EXPECT_EQ(counters_.splice_promotions.value(), 0u);
  EXPECT_EQ(counters_.splice_demotions.value(), 0u);
}

class PipesWithOneSplicePipeTest : public PipeWorkbench {
 protected:
  PipesWithOneSplicePipeTest()
      : PipeWorkbench({.faults = EvenBuffers(64 * 1024), .splice_pipes_max = 1}) {}
};

TEST_F(PipesWithOneSplicePipeTest, StreamThatFindsNoPipeFreeIsCopied) {
  Line& holder = NewLine();
  Stream(holder, kFastStream);
  Stuff(holder);
  ASSERT_EQ(splice_pipes_->lent(), 1);
  Line& other = NewLine();
  Stream(other, 2'000'000);
  EXPECT_EQ(splice_pipes_->lent(), 1);
  EXPECT_EQ(counters_.splice_promotions.value(), 1u);
  EXPECT_EQ(counters_.splice_demotions.value(), 0u);
  Stream(holder, 1000);
}

}  // namespace
}  // namespace sluice
