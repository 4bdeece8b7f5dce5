// Streams:
//   1. Tunnels are opened; a source at the back end may already send, into sockets nobody reads
//      yet.
//   2. Start: every tunnel moves what its direction says whenever it is ready.
//   3. With --bytes, a tunnel that has its share shuts down and reads to the end: the run is over
//      when all have. Else the clock ends it.
//   4. Bytes are counted where they are received, up at the own back end's sink. In somebody else's
//      back end, where they are sent.

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/load/clock.h"
#include "bench/load/lane.h"
#include "bench/load/part.h"
#include "bench/load/run.h"
#include "bench/load/scenario.h"
#include "bench/load/stage.h"
#include "bench/load/stream_io.h"

namespace sluice::load {
namespace {

constexpr int64_t kTurn = kSecond / 20;
constexpr double kGigabyte = 1e9;

// Bytes that a stream still has to move; kEndless: as many as there is time for.
struct Share {
  uint64_t up = 0;
  uint64_t down = 0;
};
constexpr uint64_t kEndless = UINT64_MAX;

class Stream : public Tunnel {
 public:
  Stream(Way& way, Lane& lane, ByteSource& source, const Share& share)
      : Tunnel(way), lane_(lane), source_(source), left_(share) {}

  // From here on it is in the lane.
  void Start() {
    started_ = true;
    poller().Remove(fd());
    if (!lane_.Add(fd(), Awaited(), *this)) return Fail(Failure::kConnect, std::strerror(errno));
    EndWhereAllIsDone();
  }

  uint64_t sent() const { return sent_; }
  uint64_t received() const { return received_; }

 protected:
  void OnOpen(std::string_view early) override { CountReceived(early.size()); }
  void OnFlow(uint32_t events) override {
    if (!started_) return;
    if ((events & ~EPOLLOUT) != 0 && !Receive()) return;
    if ((events & EPOLLOUT) != 0 && left_.up > 0) Send();
  }
  void OnFailed() override {}

 private:
  // Level-triggered, for what is still to be done.
  uint32_t Awaited() const { return EPOLLIN | (left_.up > 0 ? uint32_t{EPOLLOUT} : 0); }

  // Done, it says so, and reads to the end what nobody counts: then nothing is reset on the way.
  void EndWhereAllIsDone() {
    if (left_.up == 0 && left_.down == 0) shutdown(fd(), SHUT_WR);
  }

  void OnDone() {
    lane_.Change(fd(), Awaited(), *this);
    EndWhereAllIsDone();
  }

  // False where the stream is over.
  bool Receive() {
    const ssize_t got = Discard(fd(), UINT64_MAX);
    if (got == 0) {
      if (left_.up > 0 || left_.down > 0) {
        Fail(Failure::kEnded, "closed before the last byte");
      } else {
        Close();
      }
      return false;
    }
    if (FailedForGood(got)) return false;
    if (got > 0 && left_.down > 0) {
      CountReceived(static_cast<uint64_t>(got));
      if (left_.down == 0) OnDone();
    }
    return true;
  }

  void CountReceived(uint64_t bytes) {
    bytes = std::min(bytes, left_.down);
    received_ += bytes;
    left_.down -= bytes;
  }

  void Send() {
    const ssize_t sent = source_.Send(fd(), left_.up);
    if (FailedForGood(sent) || sent < 0) return;
    sent_ += static_cast<uint64_t>(sent);
    left_.up -= static_cast<uint64_t>(sent);
    if (left_.up == 0) OnDone();
  }

  Lane& lane_;
  ByteSource& source_;
  Share left_;
  bool started_ = false;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
};

// The share of stream `number`: the first ones take what does not divide.
Share ShareOf(const Options& options, int64_t number) {
  uint64_t bytes = kEndless;
  if (options.bytes > 0) {
    bytes = static_cast<uint64_t>(options.bytes / options.connections +
                                  (number < options.bytes % options.connections ? 1 : 0));
  }
  switch (options.direction) {
    case Direction::kUp:
      return {bytes, 0};
    case Direction::kDown:
      return {0, bytes};
    case Direction::kBoth:
      return bytes == kEndless ? Share{kEndless, kEndless} : Share{bytes - bytes / 2, bytes / 2};
  }
  return {};
}

class Streams : public Part {
 public:
  Streams(Stage& stage, const Options& options, Way way)
      : Part(options, std::move(way)), stage_(stage) {
    for (int64_t i = 0; i < options.connections; ++i) {
      streams_.push_back(
          std::make_unique<Stream>(way_, stage.streams, source_, ShareOf(options, i)));
    }
  }

  std::vector<Tunnel*> Tunnels() override {
    std::vector<Tunnel*> tunnels;
    for (const auto& stream : streams_) tunnels.push_back(stream.get());
    return tunnels;
  }

  void Start(const Times& times) override {
    moved_at_ = times.began;
    for (const auto& stream : streams_) stream->Start();
  }

  // With --bytes it goes on as long as anything moves.
  int64_t Work(int64_t now) override {
    if (!counted() || finished()) return INT64_MAX;
    if (now >= looked_at_ + kTurn) FailWhereNothingMoves(now);
    return looked_at_ + kTurn;
  }

  // What came before the start is counted too where all is.
  void BeginMeasuring() override {
    if (!counted()) before_ = Count();
  }
  void EndMeasuring(int64_t) override { after_ = Count(); }
  void Finish() override {
    for (const auto& stream : streams_) stream->Close();
  }

  bool counted() const override { return options_.bytes > 0; }
  bool finished() const override { return Open() == 0; }

  std::string Progress() const override {
    const Moved moved = Count();
    return absl::StrFormat("%d streams, up %.2f GB, down %.2f GB", Open(),
                           static_cast<double>(moved.up) / kGigabyte,
                           static_cast<double>(moved.down) / kGigabyte);
  }

  void AddCounts(Report& report, double seconds) const override {
    static constexpr const char* kDirections[] = {"up", "down", "both"};
    report["direction"] = kDirections[static_cast<int>(options_.direction)];
    report["connections"] = options_.connections;
    report["bytes_up"] = after_.up - before_.up;
    report["bytes_down"] = after_.down - before_.down;
    report["gbit_per_s"] = Bytes() * 8 / 1e9 / std::max(seconds, 1e-9);
  }
  Cost cost() const override { return {Bytes() / kGigabyte, 1, "s_per_gb"}; }

 private:
  struct Moved {
    int64_t up = 0;
    int64_t down = 0;

    bool operator==(const Moved&) const = default;
  };

  void FailWhereNothingMoves(int64_t now) {
    looked_at_ = now;
    const Moved moved = Count();
    if (moved != moved_) moved_at_ = now;
    moved_ = moved;
    if (now - moved_at_ <= options_.timeout_ns) return;
    for (const auto& stream : streams_) {
      if (stream->state() != Tunnel::State::kClosed)
        stream->Fail(Failure::kTimeout, "nothing moves any more");
    }
  }

  int64_t Open() const {
    return std::count_if(streams_.begin(), streams_.end(), [](const auto& stream) {
      return stream->state() == Tunnel::State::kOpen;
    });
  }

  Moved Count() const {
    Moved moved;
    for (const auto& stream : streams_) {
      moved.up += static_cast<int64_t>(stream->sent());
      moved.down += static_cast<int64_t>(stream->received());
    }
    if (options_.direction != Direction::kDown) moved.up = stage_.BytesSunk().value_or(moved.up);
    return moved;
  }

  double Bytes() const {
    return static_cast<double>(after_.up - before_.up + after_.down - before_.down);
  }

  Stage& stage_;
  ByteSource source_;
  std::vector<std::unique_ptr<Stream>> streams_;
  Moved before_;
  Moved after_;
  Moved moved_;  // when that was looked at last
  int64_t moved_at_ = 0;
  int64_t looked_at_ = 0;
};

Service ServiceFor(Direction direction) {
  switch (direction) {
    case Direction::kUp:
      return Service::kSink;
    case Direction::kDown:
      return Service::kSource;
    case Direction::kBoth:
      return Service::kExchange;
  }
  return Service::kSink;
}

}  // namespace

MadePart MakeStreams(Stage& stage, const Options& options) {
  auto way = stage.MakeWay(options, ServiceFor(options.direction));
  if (!way.ok()) return way.status();
  return std::make_unique<Streams>(stage, options, *std::move(way));
}

absl::StatusOr<Report> RunBulk(const Options& options) {
  auto stage = Stage::Make(options, {.tunnels = options.connections});
  if (!stage.ok()) return stage.status();
  return RunAlone("bulk", **stage, MakeStreams(**stage, options));
}

}  // namespace sluice::load
