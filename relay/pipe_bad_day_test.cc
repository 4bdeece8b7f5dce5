// Pipes when there are no buffers, and when everything goes wrong at once.

#include <algorithm>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relay/pipe.h"
#include "relay/pipe_workbench.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;

// --- An empty pool

class PipesOfASmallPoolTest : public PipeWorkbench {
 protected:
  // One buffer, which the test takes first.
  PipesOfASmallPoolTest()
      : PipeWorkbench({.faults = Instant(), .kernel = {.buffers = 1, .buffers_hot = 1}}) {}

  static SimFaults Instant() {
    SimFaults faults = EvenBuffers(64 * 1024);
    faults.latency_min = faults.latency_max = absl::Microseconds(1);
    return faults;
  }
  // Has a pipe receive while its sink takes nothing.
  void TakeTheBuffer() {
    holder_ = &NewLine();
    Stuff(*holder_);
    ASSERT_EQ(kernel_.buffers_taken(), 1);
  }

  Line* holder_ = nullptr;
};

TEST_F(PipesOfASmallPoolTest, StarvedPipesGoOnInTheOrderInWhichTheyStarved) {
  std::vector<Line*> starved;
  for (int i = 0; i < 4; ++i) starved.push_back(&NewLine());
  TakeTheBuffer();
  for (Line* line : starved) {
    line->Write(100);
    Pass(absl::Milliseconds(1));
  }
  for (Line* line : starved) EXPECT_EQ(line->pipe.bytes(), 0u);

  holder_->pipe.Stop();
  holder_->sink.CloseWithReset();
  std::vector<size_t> order;
  const absl::Time until = loop_.now() + absl::Seconds(10);
  while (order.size() < starved.size() && loop_.now() < until) {
    loop_.Turn(loop_.now() + absl::Microseconds(100));
    for (size_t i = 0; i < starved.size(); ++i) {
      const bool known = std::find(order.begin(), order.end(), i) != order.end();
      if (starved[i]->pipe.bytes() > 0 && !known) order.push_back(i);
    }
  }
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
}

TEST_F(PipesOfASmallPoolTest, StarvedPipeGetsABufferAlthoughABusyOneAlwaysWantsIt) {
  Line& busy = NewLine();
  Line& starved = NewLine();
  for (int turn = 0; turn < 200; ++turn) {
    busy.Write(8000);  // never a full buffer at a time, so that it is not spliced
    if (turn == 50) starved.Write(100);
    loop_.Turn(loop_.now() + absl::Microseconds(2));
    ASSERT_NO_FATAL_FAILURE(busy.Read());
    ASSERT_NO_FATAL_FAILURE(starved.Read());
  }
  EXPECT_EQ(starved.read, 100u);
}

TEST_F(PipesOfASmallPoolTest, PipeThatIsStoppedWhileStarvedIsQuietAtOnce) {
  Line& starved = NewLine();
  TakeTheBuffer();
  starved.Write(100);
  Pass(absl::Milliseconds(5));
  ASSERT_FALSE(loop_.buffer_waiters().empty());
  EXPECT_GT(counters_.receives_starved.value(), 0u);
  starved.pipe.Stop();
  EXPECT_TRUE(starved.pipe.quiet());
}

// Streams with sinks that read now and then, and not buffers enough for all of them.
class PipesOfAScarcePoolTest : public PipeWorkbench, public ::testing::WithParamInterface<int> {
 protected:
  PipesOfAScarcePoolTest()
      : PipeWorkbench({.seed = static_cast<uint64_t>(GetParam()),
                       .faults = Scarce(),
                       .kernel = {.buffer_bytes = 200, .buffers = 5, .buffers_hot = 3}}) {}

  static SimFaults Scarce() {
    SimFaults faults = EvenBuffers(3000);
    faults.latency_min = faults.latency_max = absl::Microseconds(10);
    faults.no_buffers = 0.2;
    faults.operation_delay = 0.3;
    faults.send_partly = 0.5;
    faults.delay_max = absl::Microseconds(50);
    faults.completions_shuffled = 0.5;
    return faults;
  }
};

// Among them some that starve when they are spliced, and must leave the line for buffers.
TEST_P(PipesOfAScarcePoolTest, BytesArriveInOrder) {
  std::vector<Line*> lines;
  Dice& dice = network_.dice();
  for (int round = 0; round < 1000; ++round) {
    // A stream is spliced soon, and needs no buffers from then on.
    if (round % 20 == 0) lines.push_back(&NewLine());
    lines[dice.Between(0, lines.size() - 1)]->Write(3000);
    lines.back()->Write(3000);
    Pass(absl::Microseconds(static_cast<int64_t>(dice.Between(1, 100))));
    Line& reader = *lines[dice.Between(0, lines.size() - 1)];
    ASSERT_NO_FATAL_FAILURE(reader.Read(dice.Between(1, 1000)));
    ASSERT_NO_FATAL_FAILURE(lines.back()->Read(dice.Between(1, 1000)));
  }
  for (int round = 0; round < 1000; ++round) {
    Pass(absl::Microseconds(500));
    for (Line* line : lines) ASSERT_NO_FATAL_FAILURE(line->Read());
  }
  for (Line* line : lines) EXPECT_EQ(line->read, line->written);
  EXPECT_EQ(kernel_.buffers_taken(), 0);
  EXPECT_TRUE(loop_.buffer_waiters().empty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, PipesOfAScarcePoolTest, ::testing::Range(1, 21));

// --- Bad days

SimFaults BadDay() {
  SimFaults faults;
  faults.socket_buffer_min = 2000;
  faults.socket_buffer_max = 100'000;
  faults.small_segment = 0.02;
  faults.short_receive = 0.1;
  faults.receive_without_hint = 0.3;
  faults.no_buffers = 0.1;
  faults.buffer_on_failure = 0.5;
  faults.completion_delay = 0.1;
  faults.completions_shuffled = 0.5;
  faults.completions_split = 0.3;
  faults.early_wake = 0.2;
  faults.send_partly = 0.2;
  faults.short_splice = 0.3;
  faults.pipe_refused = 0.3;
  faults.pipe_small = 0.3;
  return faults;
}

class PipeOnABadDayTest : public PipeWorkbench, public ::testing::WithParamInterface<int> {
 protected:
  PipeOnABadDayTest()
      : PipeWorkbench({.seed = static_cast<uint64_t>(GetParam()),
                       .faults = BadDay(),
                       .kernel = {.buffer_bytes = 2048}}) {}
};

TEST_P(PipeOnABadDayTest, BytesAndFinArriveInOrder) {
  Line& line = NewLine();
  Stream(line, 200'000);
  line.Write(10);
  line.source.ShutdownWrite();
  const absl::Time until = loop_.now() + absl::Minutes(1);
  while (!line.saw_fin && loop_.now() < until) {
    Pass(absl::Milliseconds(10));
    ASSERT_NO_FATAL_FAILURE(line.Read());
  }
  EXPECT_EQ(line.read, line.written);
  EXPECT_EQ(line.finished, 1);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PipeOnABadDayTest, ::testing::Range(1, 41));

}  // namespace
}  // namespace sluice
