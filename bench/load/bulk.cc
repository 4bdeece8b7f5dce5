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
#include <memory>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/load/clock.h"
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
  Stream(Stage& stage, ByteSource& source, const Share& share)
      : Tunnel(stage.poller, stage.route, stage.failures), source_(source), left_(share) {}

  void Start() {
    started_ = true;
    Await();
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
  // Registers anew, level-triggered, for what is still to be done. Done, it says so, and reads to
  // the end what nobody counts: then nothing is reset on the way.
  void Await() {
    poller().Change(fd(), EPOLLIN | (left_.up > 0 ? uint32_t{EPOLLOUT} : 0), *this);
    if (left_.up == 0 && left_.down == 0) shutdown(fd(), SHUT_WR);
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
      if (left_.down == 0) Await();
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
    if (left_.up == 0) Await();
  }

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

class Bulk {
 public:
  explicit Bulk(Stage& stage) : stage_(stage) {
    const Options& options = stage.options;
    for (int64_t i = 0; i < options.connections; ++i) {
      streams_.push_back(std::make_unique<Stream>(stage, source_, ShareOf(options, i)));
    }
  }

  absl::StatusOr<Report> Run() {
    std::vector<Tunnel*> tunnels;
    for (const auto& stream : streams_) tunnels.push_back(stream.get());
    if (absl::Status status = stage_.OpenAll(tunnels); !status.ok()) return status;
    for (const auto& stream : streams_) stream->Start();
    const absl::Status status = stage_.options.bytes > 0 ? RunBytes() : RunSeconds();
    if (!status.ok()) return status;
    return MakeReport();
  }

 private:
  struct Moved {
    int64_t up = 0;
    int64_t down = 0;
  };

  absl::Status RunSeconds() {
    Turn(NowNanos() + stage_.options.warmup_ns);
    if (absl::Status status = stage_.meter.Start(); !status.ok()) return status;
    before_ = Count();
    Turn(NowNanos() + stage_.options.seconds_ns);
    after_ = Count();
    return stage_.meter.Stop();
  }

  // As long as anything moves.
  absl::Status RunBytes() {
    if (absl::Status status = stage_.meter.Start(); !status.ok()) return status;
    int64_t moved_at = NowNanos();
    Moved moved;
    while (Open() > 0) {
      Turn(NowNanos() + kTurn);
      const Moved now_moved = Count();
      const int64_t now = NowNanos();
      if (now_moved.up != moved.up || now_moved.down != moved.down) moved_at = now;
      moved = now_moved;
      if (now - moved_at > stage_.options.timeout_ns) {
        for (const auto& stream : streams_) {
          if (stream->state() != Tunnel::State::kClosed)
            stream->Fail(Failure::kTimeout, "nothing moves any more");
        }
      }
    }
    after_ = Count();
    return stage_.meter.Stop();
  }

  void Turn(int64_t until) {
    for (int64_t now = NowNanos(); now < until && Open() > 0; now = NowNanos()) {
      stage_.poller.Turn(std::min(until - now, kTurn));
      stage_.progress.Show(now, [&] {
        const Moved moved = Count();
        return absl::StrFormat("%d streams, up %.2f GB, down %.2f GB", Open(),
                               static_cast<double>(moved.up) / kGigabyte,
                               static_cast<double>(moved.down) / kGigabyte);
      });
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
    moved.up = stage_.BytesSunk().value_or(moved.up);
    return moved;
  }

  Report MakeReport() const {
    static constexpr const char* kDirections[] = {"up", "down", "both"};
    Report report = stage_.NewReport("bulk");
    report["direction"] = kDirections[static_cast<int>(stage_.options.direction)];
    report["connections"] = stage_.options.connections;
    const int64_t up = after_.up - before_.up;
    const int64_t down = after_.down - before_.down;
    report["bytes_up"] = up;
    report["bytes_down"] = down;
    const auto bytes = static_cast<double>(up + down);
    report["gbit_per_s"] = bytes * 8 / 1e9 / std::max(stage_.meter.seconds(), 1e-9);
    stage_.meter.AddTo(report, bytes / kGigabyte, 1, "s_per_gb");
    AddFailures(report, stage_.failures);
    return report;
  }

  Stage& stage_;
  ByteSource source_;
  std::vector<std::unique_ptr<Stream>> streams_;
  Moved before_;
  Moved after_;
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

absl::StatusOr<Report> RunBulk(const Options& options) {
  auto stage = Stage::Make(options, ServiceFor(options.direction));
  if (!stage.ok()) return stage.status();
  return Bulk(**stage).Run();
}

}  // namespace sluice::load
