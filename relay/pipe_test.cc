#include "relay/pipe.h"

#include <cerrno>

#include "gtest/gtest.h"
#include "relay/pipe_workbench.h"

namespace sluice {
namespace {

class PipeTest : public PipeWorkbench {};

// --- Bytes and their end

TEST_F(PipeTest, BytesArriveInTheirOrder) {
  Line& line = NewLine();
  Stream(line, 3);
  Stream(line, 20'000);
  EXPECT_EQ(line.pipe.bytes(), 20'003u);
  EXPECT_FALSE(line.saw_fin);
}

TEST_F(PipeTest, IdlePipeHoldsNoBuffer) {
  Line& line = NewLine();
  Pass(absl::Seconds(1));
  EXPECT_EQ(kernel_.buffers_taken(), 0);
  Stream(line, 1000);
  EXPECT_EQ(kernel_.buffers_taken(), 0);
}

TEST_F(PipeTest, FinIsPassedOnAfterTheLastByte) {
  Line& line = NewLine();
  line.Write(50'000);
  line.source.ShutdownWrite();
  Pass(absl::Seconds(1));
  line.Read();
  EXPECT_EQ(line.read, 50'000u);
  EXPECT_TRUE(line.saw_fin);
  EXPECT_EQ(line.finished, 1);
  EXPECT_TRUE(line.pipe.finished());
  EXPECT_TRUE(line.pipe.quiet());
}

TEST_F(PipeTest, FinThatComesWhileBytesWaitIsPassedOnAfterThem) {
  Line& line = NewLine();
  // A little more than the two socket buffers before the sink hold, and no full buffer at a time.
  for (int i = 0; i < 17; ++i) {
    line.Write(8000);
    Pass(absl::Milliseconds(1));
  }
  line.source.ShutdownWrite();
  Pass(absl::Seconds(1));
  EXPECT_GT(kernel_.buffers_taken(), 0);
  EXPECT_EQ(line.finished, 0);
  for (int i = 0; i < 10; ++i) {
    ASSERT_NO_FATAL_FAILURE(line.Read());
    Pass(absl::Milliseconds(1));
  }
  EXPECT_EQ(line.read, line.written);
  EXPECT_TRUE(line.saw_fin);
  EXPECT_EQ(line.finished, 1);
}

TEST_F(PipeTest, FinWithoutAByteIsPassedOn) {
  Line& line = NewLine();
  line.source.ShutdownWrite();
  Pass(absl::Seconds(1));
  line.Read();
  EXPECT_TRUE(line.saw_fin);
  EXPECT_EQ(line.finished, 1);
}

TEST_F(PipeTest, TimeOfTheLastMoveIsKept) {
  Line& line = NewLine();
  EXPECT_EQ(line.pipe.moved_at(), absl::InfinitePast());
  Stream(line, 100);
  const absl::Time moved = line.pipe.moved_at();
  EXPECT_GT(moved, loop_.now() - absl::Seconds(1));
  Pass(absl::Minutes(1));
  EXPECT_EQ(line.pipe.moved_at(), moved);
}

// --- Back-pressure

TEST_F(PipeTest, SinkThatDoesNotReadCostsTwoBuffersAndNoMore) {
  Line& line = NewLine();
  uint64_t refused = 0;
  for (int i = 0; i < 1000; ++i) {
    if (line.Write(64 * 1024) == 0) ++refused;
    Pass(absl::Milliseconds(1));
    ASSERT_LE(kernel_.buffers_taken(), limits::kPipeBuffersMax);
  }
  EXPECT_GT(refused, 900u);
  EXPECT_EQ(kernel_.buffers_taken(), limits::kPipeBuffersMax);
  // Four socket buffers of 64 KB and what the pipe holds.
  EXPECT_LE(line.written, 4 * 64u * 1024 + limits::kPipeBuffersMax * limits::kBufferBytes);
}

TEST_F(PipeTest, SmallPiecesBehindASinkThatDoesNotReadArePutTogether) {
  Line& line = NewLine();
  // Only the sink is slow: what is written reaches the pipe.
  while (kernel_.buffers_taken() == 0) {
    line.Write(8000);
    Pass(absl::Milliseconds(1));
  }
  int pieces = 0;
  for (; pieces < 300; ++pieces) {
    if (line.Write(10) < 10) break;
    Pass(absl::Milliseconds(1));
    ASSERT_LE(kernel_.buffers_taken(), limits::kPipeBuffersMax);
  }
  EXPECT_EQ(pieces, 300);
  for (int i = 0; i < 100 && line.read < line.written; ++i) {
    ASSERT_NO_FATAL_FAILURE(line.Read());
    Pass(absl::Milliseconds(1));
  }
  EXPECT_EQ(line.read, line.written);
}

TEST_F(PipeTest, SinkThatReadsAgainGetsEverythingInOrder) {
  Line& line = NewLine();
  Stuff(line);
  EXPECT_EQ(line.read, 0u);
  Stream(line, 100'000);
  EXPECT_EQ(line.read, line.written);
  EXPECT_EQ(kernel_.buffers_taken(), 0);
}

// --- Breaking and stopping

TEST_F(PipeTest, ResetOfTheSourceBreaksThePipeAtItsFromEnd) {
  Line& line = NewLine();
  line.source.CloseWithReset();
  Pass(absl::Seconds(1));
  EXPECT_EQ(line.broken_end, Pipe::End::kFrom);
  EXPECT_EQ(line.broken_error, ECONNRESET);
  EXPECT_EQ(line.finished, 0);
}

TEST_F(PipeTest, ResetOfTheSourceIsNoticedWhileTheSinkTakesNothing) {
  Line& line = NewLine();
  Stuff(line);
  line.source.CloseWithReset();
  Pass(3 * limits::kStallWatchDelay);
  EXPECT_EQ(line.broken_end, Pipe::End::kFrom);
  EXPECT_EQ(line.broken_error, ECONNRESET);
  EXPECT_EQ(kernel_.buffers_taken(), 0);
  EXPECT_TRUE(line.pipe.quiet());
}

TEST_F(PipeTest, SinkThatReadsAgainAfterLongGetsEverythingInOrder) {
  Line& line = NewLine();
  for (int i = 0; i < 3; ++i) {
    Stuff(line);
    Pass(3 * limits::kStallWatchDelay);
    Stream(line, 100'000);
  }
  EXPECT_EQ(line.read, line.written);
  EXPECT_EQ(kernel_.buffers_taken(), 0);
}

// Linux reports a hang-up for it.
TEST_F(PipeTest, FinsInBothDirectionsAreNoResetWhileTheSinkTakesNothing) {
  Line& line = NewLine();
  Stuff(line);
  kernel_.ShutdownWrite(line.from);
  line.source.ShutdownWrite();
  Pass(3 * limits::kStallWatchDelay);
  EXPECT_FALSE(line.broken_end.has_value());
  for (int i = 0; i < 100 && !line.saw_fin; ++i) {
    ASSERT_NO_FATAL_FAILURE(line.Read());
    Pass(absl::Milliseconds(1));
  }
  EXPECT_EQ(line.read, line.written);
  EXPECT_EQ(line.finished, 1);
}

TEST_F(PipeTest, ResetOfTheSinkBreaksThePipeAtItsToEnd) {
  Line& line = NewLine();
  line.sink.CloseWithReset();
  Pass(absl::Seconds(1));
  line.Write(100);
  Pass(absl::Seconds(1));
  EXPECT_EQ(line.broken_end, Pipe::End::kTo);
  EXPECT_EQ(line.finished, 0);
}

TEST_F(PipeTest, ResetOfASinkThatDidNotReadGivesTheBuffersBack) {
  Line& line = NewLine();
  Stuff(line);
  ASSERT_EQ(kernel_.buffers_taken(), limits::kPipeBuffersMax);
  line.sink.CloseWithReset();
  Pass(absl::Seconds(1));
  EXPECT_EQ(line.broken_end, Pipe::End::kTo);
  EXPECT_EQ(kernel_.buffers_taken(), 0);
  EXPECT_TRUE(line.pipe.quiet());
}

TEST_F(PipeTest, StopIsToldOnceWhenNothingIsInFlight) {
  Line& line = NewLine();
  line.pipe.Stop();
  EXPECT_FALSE(line.pipe.quiet());
  line.pipe.Stop();
  Pass(absl::Seconds(1));
  EXPECT_TRUE(line.pipe.quiet());
  EXPECT_EQ(line.quiet, 1);
  EXPECT_EQ(line.finished, 0);
}

TEST_F(PipeTest, StopWithBuffersInFlightCountsWhatWasStillSent) {
  Line& line = NewLine();
  Stuff(line);
  line.pipe.Stop();
  Pass(absl::Seconds(1));
  EXPECT_EQ(line.quiet, 1);
  EXPECT_EQ(kernel_.buffers_taken(), 0);
  while (line.sink.bytes_readable() > 0) {
    ASSERT_NO_FATAL_FAILURE(line.Read());
    network_.clock().AdvanceTo(network_.now() + absl::Seconds(1));
  }
  EXPECT_EQ(line.read, line.pipe.bytes());
}

TEST_F(PipeTest, PipeThatWasNeverStartedIsQuiet) {
  struct NoOwner : Pipe::Owner {
    void OnPipeFinished(Pipe&) override {}
    void OnPipeBroken(Pipe&, Pipe::End, int) override {}
    void OnPipeQuiet(Pipe&) override {}
  } owner;
  Pipe pipe(plumbing_, owner, Direction::kUp);
  EXPECT_TRUE(pipe.quiet());
  pipe.Stop();
  EXPECT_TRUE(pipe.quiet());
}

}  // namespace
}  // namespace sluice
