// Streams:
//   1. Tunnels are opened; a source at the back end may already send, into sockets nobody reads
//      yet.
//   2. Start: every tunnel moves what its direction says whenever it is ready.
//   3. With --gbit, each may move a piece every millisecond, so that all together keep to it. One
//      that was held up catches up.
//   4. With --bytes, a tunnel that has its share shuts down and reads to the end: the run is over
//      when all have. Else the clock ends it.
//   5. With --unread, other tunnels to the source stand beside them and take nothing: what TCP
//      holds is read before they are opened, and at the end.
//   6. Bytes are counted where they are received, up at the own back end's sink. In somebody else's
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
#include "bench/load/process_usage.h"
#include "bench/load/run.h"
#include "bench/load/scenario.h"
#include "bench/load/schedule.h"
#include "bench/load/stage.h"
#include "bench/load/stream_io.h"

namespace sluice::load {
namespace {

constexpr int64_t kTurn = kSecond / 20;
constexpr int64_t kPiece = kSecond / 1000;  // with --gbit: between two grants
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

  // From here on it is in the lane. `granted`: bytes that it may move before the next Grant.
  void Start(uint64_t granted) {
    started_ = true;
    granted_ = granted;
    poller().Remove(fd());
    if (!lane_.Add(fd(), Awaited(), *this)) return Fail(Failure::kConnect, std::strerror(errno));
    EndWhereAllIsDone();
  }

  // Bytes that it may have moved by now.
  void Grant(uint64_t granted) {
    const bool paused = MayMove() == 0;
    granted_ = granted;
    if (paused && state() == State::kOpen) Await();
  }

  uint64_t sent() const { return sent_; }
  uint64_t received() const { return received_; }

 protected:
  void OnOpen(std::string_view early) override { CountReceived(early.size()); }
  void OnFlow(uint32_t events) override {
    if (!started_) return;
    if ((events & ~EPOLLOUT) != 0 && !Receive()) return;
    if ((events & EPOLLOUT) != 0 && left_.up > 0 && MayMove() > 0) Send();
  }
  void OnFailed() override {}

 private:
  bool done() const { return left_.up == 0 && left_.down == 0; }
  uint64_t MayMove() const {
    if (done()) return kEndless;
    const uint64_t moved = sent_ + received_;
    return granted_ > moved ? granted_ - moved : 0;
  }

  // Level-triggered, for what is still to be done and may be.
  uint32_t Awaited() const {
    if (MayMove() == 0) return 0;
    return EPOLLIN | (left_.up > 0 ? uint32_t{EPOLLOUT} : 0);
  }
  void Await() { lane_.Change(fd(), Awaited(), *this); }

  // Done, it says so, and reads to the end what nobody counts: then nothing is reset on the way.
  void EndWhereAllIsDone() {
    if (done()) shutdown(fd(), SHUT_WR);
  }

  // Registers anew where something has come to its end. `rest`: of what it moved.
  void AfterMoving(uint64_t rest) {
    if (rest == 0 || MayMove() == 0) Await();
    if (rest == 0) EndWhereAllIsDone();
  }

  // False where the stream is over.
  bool Receive() {
    const ssize_t got = Discard(fd(), MayMove());
    if (got == 0) {
      if (!done()) {
        Fail(Failure::kEnded, "closed before the last byte");
      } else {
        Close();
      }
      return false;
    }
    if (FailedForGood(got)) return false;
    if (got > 0 && left_.down > 0) {
      CountReceived(static_cast<uint64_t>(got));
      AfterMoving(left_.down);
    }
    return true;
  }

  void CountReceived(uint64_t bytes) {
    bytes = std::min(bytes, left_.down);
    received_ += bytes;
    left_.down -= bytes;
  }

  void Send() {
    const ssize_t sent = source_.Send(fd(), std::min(left_.up, MayMove()));
    if (FailedForGood(sent) || sent < 0) return;
    sent_ += static_cast<uint64_t>(sent);
    left_.up -= static_cast<uint64_t>(sent);
    AfterMoving(left_.up);
  }

  Lane& lane_;
  ByteSource& source_;
  Share left_;
  bool started_ = false;
  uint64_t granted_ = kEndless;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
};

// One that takes nothing of what comes.
class Unread : public Tunnel {
 public:
  using Tunnel::Tunnel;

 protected:
  void OnOpen(std::string_view) override {}
  void OnFlow(uint32_t) override {}
  void OnFailed() override {}
};

// The share of stream `number`: the first ones take what does not divide.
Share ShareOf(const Options& options, int64_t number) {
  uint64_t bytes = kEndless;
  if (options.bytes > 0) {
    bytes = static_cast<uint64_t>(options.bytes / options.connections +
                                  (number < options.bytes % options.connections ? 1 : 0));
  }
  switch (options.direction) {
    case Direction::kUp: return {bytes, 0};
    case Direction::kDown: return {0, bytes};
    case Direction::kBoth:
      return bytes == kEndless ? Share{kEndless, kEndless} : Share{bytes - bytes / 2, bytes / 2};
  }
  return {};
}

class Streams : public Part {
 public:
  Streams(Stage& stage, const Options& options, Way way)
      : Part(options, std::move(way)),
        stage_(stage),
        schedule_(options.gbit * kGigabyte / 8 / options.connections) {
    for (int64_t i = 0; i < options.connections; ++i) {
      streams_.push_back(
          std::make_unique<Stream>(way_, stage.streams, source_, ShareOf(options, i)));
    }
    for (int i = 0; i < options.unread; ++i) unread_.push_back(std::make_unique<Unread>(way_));
    if (options.unread > 0) tcp_before_ = TcpBytes().value_or(0);
  }

  std::vector<Tunnel*> Tunnels() override {
    std::vector<Tunnel*> tunnels;
    for (const auto& tunnel : unread_) tunnels.push_back(tunnel.get());
    for (const auto& stream : streams_) tunnels.push_back(stream.get());
    return tunnels;
  }

  void Start(const Times& times) override {
    moved_at_ = times.began;
    schedule_.Begin(times.began);
    for (const auto& stream : streams_) stream->Start(schedule_ ? 0 : kEndless);
  }

  int64_t Work(int64_t now) override {
    if (finished()) return INT64_MAX;
    int64_t next = INT64_MAX;
    if (schedule_) {
      if (now >= granted_at_ + kPiece) Grant(now);
      next = granted_at_ + kPiece;
    }
    if (counted()) {
      if (now >= looked_at_ + kTurn) FailWhereNothingMoves(now);
      next = std::min(next, looked_at_ + kTurn);
    }
    return next;
  }

  // What came before the start is counted too where all is.
  void BeginMeasuring() override {
    if (!counted()) before_ = Count();
  }
  void EndMeasuring(int64_t) override {
    after_ = Count();
    if (!unread_.empty()) tcp_after_ = TcpBytes().value_or(0);
  }
  void Finish() override {
    for (const auto& stream : streams_) stream->Close();
    for (const auto& tunnel : unread_) tunnel->Close();
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
    if (schedule_) report["rate_gbit_per_s"] = options_.gbit;
    report["bytes_up"] = after_.up - before_.up;
    report["bytes_down"] = after_.down - before_.down;
    report["gbit_per_s"] = Bytes() * 8 / 1e9 / std::max(seconds, 1e-9);
    if (unread_.empty()) return;
    report["unread"] = unread_.size();
    report["tcp_bytes_per_unread"] =
        static_cast<double>(tcp_after_ - tcp_before_) / static_cast<double>(unread_.size());
  }
  Cost cost() const override { return {Bytes() / kGigabyte, 1, "s_per_gb"}; }

 private:
  struct Moved {
    int64_t up = 0;
    int64_t down = 0;

    bool operator==(const Moved&) const = default;
  };

  void Grant(int64_t now) {
    granted_at_ = now;
    const auto each = static_cast<uint64_t>(schedule_.DueBefore(now));
    for (const auto& stream : streams_) stream->Grant(each);
  }

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
  Schedule schedule_;  // of the bytes of each stream
  int64_t granted_at_ = 0;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::unique_ptr<Unread>> unread_;
  int64_t tcp_before_ = 0;
  int64_t tcp_after_ = 0;
  Moved before_;
  Moved after_;
  Moved moved_;  // when that was looked at last
  int64_t moved_at_ = 0;
  int64_t looked_at_ = 0;
};

Service ServiceFor(Direction direction) {
  switch (direction) {
    case Direction::kUp: return Service::kSink;
    case Direction::kDown: return Service::kSource;
    case Direction::kBoth: return Service::kExchange;
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
  auto stage = Stage::Make(options, {.tunnels = options.connections + options.unread});
  if (!stage.ok()) return stage.status();
  return RunAlone("bulk", **stage, MakeStreams(**stage, options));
}

}  // namespace sluice::load
