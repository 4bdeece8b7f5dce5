#ifndef SLUICE_RELAY_PIPE_WORKBENCH_H_
#define SLUICE_RELAY_PIPE_WORKBENCH_H_

// PipeWorkbench: what the tests of Pipe stand on: a simulated world with one kernel, and Lines,
// each a pipe with a scripted end on either side. It sees to it that nothing is left at the end and
// that the simulated kernel found nothing wrong. For tests only.

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relay/pipe.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {

inline constexpr Address kPipeHere = Address::FromV4({10, 0, 0, 1});
inline constexpr Address kPipeThere = Address::FromV4({10, 0, 0, 2});

// A pipe with what stands at its two ends: who writes into it and who reads from it.
struct Line final : public Pipe::Owner {
  Line(Plumbing& plumbing, int from, int to, SimSocket& source, SimSocket& sink)
      : kernel(plumbing.loop.kernel()),
        from(from),
        to(to),
        source(source),
        sink(sink),
        pipe(plumbing, *this, Direction::kUp) {
    pipe.Start(from, to);
  }
  ~Line() {
    kernel.Close(from);
    kernel.Close(to);
  }

  // What stands at a place of the stream, so that a byte lost, doubled or moved shows.
  static uint8_t ByteAt(uint64_t place) { return static_cast<uint8_t>(place * 2654435761u >> 13); }
  // The next bytes of the pattern, as many as the source takes now.
  size_t Write(size_t bytes) {
    std::vector<uint8_t> text(bytes);
    for (size_t i = 0; i < bytes; ++i) text[i] = ByteAt(written + i);
    const int64_t put = source.Write(text.data(), bytes);
    if (put <= 0) return 0;
    written += static_cast<uint64_t>(put);
    return static_cast<size_t>(put);
  }
  // What has arrived; it must go on where it left off.
  void Read(size_t bytes_max = SIZE_MAX) {
    uint8_t bytes[4096];
    while (bytes_max > 0) {
      const int64_t got = sink.Read(bytes, std::min(bytes_max, sizeof bytes));
      if (got == 0) saw_fin = true;
      if (got <= 0) return;
      bytes_max -= static_cast<size_t>(got);
      for (int64_t i = 0; i < got; ++i, ++read) ASSERT_EQ(bytes[i], ByteAt(read)) << "at " << read;
    }
  }

  void OnPipeFinished(Pipe&) override { ++finished; }
  void OnPipeBroken(Pipe& broken, Pipe::End end, int error) override {
    broken_end = end;
    broken_error = error;
    broken.Stop();
  }
  void OnPipeQuiet(Pipe&) override { ++quiet; }

  Kernel& kernel;
  const int from;
  const int to;
  SimSocket& source;
  SimSocket& sink;
  Pipe pipe;
  uint64_t written = 0;
  uint64_t read = 0;
  bool saw_fin = false;
  int finished = 0;
  int quiet = 0;
  std::optional<Pipe::End> broken_end;
  int broken_error = 0;
};

struct PipeWorld {
  uint64_t seed = 1;
  SimFaults faults = {};
  SimKernel::Options kernel = {};
  int splice_pipes_max = 8;
};

inline SimFaults EvenBuffers(size_t bytes) {
  SimFaults faults;
  faults.socket_buffer_min = faults.socket_buffer_max = bytes;
  return faults;
}

class PipeWorkbench : public ::testing::Test {
 protected:
  explicit PipeWorkbench(const PipeWorld& world = {.faults = EvenBuffers(64 * 1024)})
      : network_(world.seed, world.faults),
        here_(network_.AddHost({kPipeHere})),
        there_(network_.AddHost({kPipeThere})),
        process_(network_, here_),
        kernel_(process_, world.kernel),
        splice_pipes_(std::make_unique<SplicePipes>(kernel_, world.splice_pipes_max)),
        plumbing_{loop_, *splice_pipes_, counters_},
        listener_(*network_.Listen(there_, Endpoint{kPipeThere, 80}, 100)) {}
  ~PipeWorkbench() override {
    for (auto& line : lines_) line->pipe.Stop();
    Pass(absl::Seconds(1));
    lines_.clear();
    splice_pipes_.reset();
    EXPECT_THAT(network_.judge().accusations(), ::testing::IsEmpty());
    EXPECT_THAT(kernel_.Leaks(), ::testing::IsEmpty());
    EXPECT_THAT(process_.Leaks(), ::testing::IsEmpty());
  }

  Line& NewLine() {
    SimSocket* source = nullptr;
    SimSocket* sink = nullptr;
    const int from = Connect(&source);
    const int to = Connect(&sink);
    lines_.push_back(std::make_unique<Line>(plumbing_, from, to, *source, *sink));
    return *lines_.back();
  }
  void Pass(absl::Duration time) {
    for (const absl::Time until = loop_.now() + time; loop_.now() < until;) loop_.Turn(until);
  }
  // Writes `bytes`, and turns until as many have been read.
  void Stream(Line& line, uint64_t bytes) {
    const uint64_t end = line.written + bytes;
    const absl::Time until = loop_.now() + absl::Minutes(1);
    while (line.read < end && loop_.now() < until && !line.broken_end) {
      if (line.written < end) line.Write(std::min<uint64_t>(end - line.written, 256 * 1024));
      Pass(absl::Microseconds(500));
      ASSERT_NO_FATAL_FAILURE(line.Read());
      ASSERT_LE(kernel_.buffers_taken(), limits::kPipeBuffersMax);
    }
    EXPECT_EQ(line.read, end);
  }
  // Writes until nothing more is taken, with a sink that does not read.
  void Stuff(Line& line) {
    for (int i = 0; i < 50; ++i) {
      line.Write(64 * 1024);
      Pass(absl::Milliseconds(1));
    }
    EXPECT_EQ(line.source.room(), 0u);
  }
  // Drip by drip, each read before the next.
  void Drip(Line& line, int drips) {
    for (int i = 0; i < drips; ++i) {
      line.Write(10);
      Pass(absl::Milliseconds(5));
      ASSERT_NO_FATAL_FAILURE(line.Read());
    }
    EXPECT_EQ(line.read, line.written);
  }

  // A descriptor, and the socket at the other end.
  int Connect(SimSocket** peer) {
    const int fd = kernel_.OpenSocket(kPipeThere, SocketSource());
    Connecting connecting;
    kernel_.Connect(connecting.op, fd, listener_.at());
    while (!connecting.result || !listener_.has_waiting()) {
      loop_.Turn(loop_.now() + absl::Seconds(1));
    }
    EXPECT_EQ(*connecting.result, 0);
    *peer = &listener_.Take();
    return fd;
  }

  SimNetwork network_;
  SimHost& here_;
  SimHost& there_;
  SimProcess process_;
  SimKernel kernel_;
  Loop loop_{kernel_};
  Counters counters_;
  std::unique_ptr<SplicePipes> splice_pipes_;
  Plumbing plumbing_;
  SimListener& listener_;
  std::vector<std::unique_ptr<Line>> lines_;

 private:
  struct Connecting {
    Connecting() { op.Bind<&Connecting::OnConnected>(this); }
    void OnConnected(Op&, const Completion& completion) { result = completion.result; }
    Op op;
    std::optional<int> result;
  };
};

}  // namespace sluice

#endif  // SLUICE_RELAY_PIPE_WORKBENCH_H_
