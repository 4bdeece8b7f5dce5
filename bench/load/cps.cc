// Connections, in_flight of them at any time, or with --rate at most so many:
//   1. Launch: a free tunnel connects; its clock starts. With a rate it has started when it was
//      due, also where no tunnel was free.
//   2. OnOpen: the handshake is over; one byte goes to the echo.
//   3. OnFlow: it is back. Close, stop the clock, count; the tunnel is free again.

#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/load/clock.h"
#include "bench/load/latencies.h"
#include "bench/load/part.h"
#include "bench/load/run.h"
#include "bench/load/scenario.h"
#include "bench/load/schedule.h"
#include "bench/load/stage.h"

namespace sluice::load {
namespace {

constexpr int64_t kTurn = kSecond / 20;
constexpr int64_t kFailuresMax = 1000;  // a proxy that refuses everything is no measurement
constexpr char kByte = '!';

class Connections;

class Connection : public Tunnel {
 public:
  Connection(Way& way, Connections& connections) : Tunnel(way), connections_(connections) {}

  // `since`: what its latency counts from.
  void Launch(int64_t since, int64_t now) {
    since_ = since;
    launched_at_ = now;
    Open();
  }
  int64_t since() const { return since_; }
  int64_t launched_at() const { return launched_at_; }

 protected:
  void OnOpen(std::string_view early) override {
    if (!early.empty()) return Fail(Failure::kWrong, "bytes before any were sent");
    FailedForGood(send(fd(), &kByte, 1, MSG_NOSIGNAL));
  }
  void OnFlow(uint32_t events) override;
  void OnFailed() override;

 private:
  Connections& connections_;
  int64_t since_ = 0;
  int64_t launched_at_ = 0;
};

class Connections : public Part {
 public:
  Connections(const Options& options, Way way)
      : Part(options, std::move(way)), schedule_(options.rate) {
    for (int i = 0; i < options.in_flight; ++i) {
      connections_.push_back(std::make_unique<Connection>(way_, *this));
      free_.push_back(connections_.back().get());
    }
  }

  void Start(const Times& times) override {
    schedule_.Begin(times.began);
    launching_ = true;
  }

  int64_t Work(int64_t now) override {
    LaunchFree(now);
    if (now > timeouts_checked_at_ + kSecond) FailLateOnes(now);
    const bool scheduled = schedule_ && launching_ && !free_.empty();
    return std::min(now + kTurn, scheduled ? schedule_.DueAt(launched_) : INT64_MAX);
  }

  void BeginMeasuring() override {
    completed_before_ = completed_;
    measuring_ = true;
  }
  void EndMeasuring(int64_t) override {
    completed_measured_ = completed_ - completed_before_;
    measuring_ = launching_ = false;
  }
  // Those in flight come to their end, measured by nobody.
  bool draining(int64_t) const override { return free_.size() < connections_.size(); }

  bool finished() const override { return !launching_ && free_.size() == connections_.size(); }

  std::string Progress() const override {
    const std::string_view rest = failures().total() > 0 ? ", with failures" : "";
    return absl::StrFormat("%d connections%s, p99 %d µs", completed_, rest,
                           latencies_.all().Percentile(99) / 1000);
  }

  void AddCounts(Report& report, double seconds) const override {
    report["in_flight"] = options_.in_flight;
    if (schedule_) report["rate_per_s"] = options_.rate;
    report["connections"] = completed_measured_;
    report["connections_per_s"] =
        static_cast<double>(completed_measured_) / std::max(seconds, 1e-9);
  }
  void AddLatencies(Report& report) const override {
    load::AddLatencies(report, "latency", latencies_);
  }
  Cost cost() const override {
    return {static_cast<double>(completed_measured_), 1e6, "us_per_connection"};
  }

  void OnEchoed(Connection& connection) {
    ++completed_;
    if (measuring_) latencies_.Record(connection.since(), NowNanos());
    free_.push_back(&connection);
  }
  void OnFailed(Connection& connection) { free_.push_back(&connection); }

 private:
  void LaunchFree(int64_t now) {
    std::swap(free_, launch_);  // one that fails at once is free again, for the next turn
    for (Connection* connection : launch_) {
      const bool enough = options_.count > 0 && launched_ == options_.count;
      if (enough || failures().total() >= kFailuresMax) launching_ = false;
      const int64_t due = schedule_ ? schedule_.DueAt(launched_) : now;
      if (launching_ && due <= now) {
        ++launched_;
        connection->Launch(due, now);
      } else {
        free_.push_back(connection);
      }
    }
    launch_.clear();
  }

  void FailLateOnes(int64_t now) {
    timeouts_checked_at_ = now;
    for (const auto& connection : connections_) {
      if (connection->state() != Tunnel::State::kClosed &&
          now - connection->launched_at() > options_.timeout_ns) {
        connection->Fail(Failure::kTimeout, "no echo in time");
      }
    }
  }

  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> free_;
  std::vector<Connection*> launch_;
  Schedule schedule_;
  bool launching_ = false;
  bool measuring_ = false;
  int64_t launched_ = 0;
  int64_t completed_ = 0;
  int64_t completed_before_ = 0;
  int64_t completed_measured_ = 0;
  int64_t timeouts_checked_at_ = 0;
  Latencies latencies_;
};

void Connection::OnFlow(uint32_t) {
  char byte;
  const ssize_t got = recv(fd(), &byte, 1, 0);
  if (got == 0) return Fail(Failure::kEnded, "closed before the echo");
  if (FailedForGood(got) || got < 0) return;
  if (byte != kByte) return Fail(Failure::kWrong, "not what was sent");
  Close();
  connections_.OnEchoed(*this);
}

void Connection::OnFailed() { connections_.OnFailed(*this); }

}  // namespace

MadePart MakeConnections(Stage& stage, const Options& options) {
  auto way = stage.MakeWay(options, Service::kEcho);
  if (!way.ok()) return way.status();
  return std::make_unique<Connections>(options, *std::move(way));
}

absl::StatusOr<Report> RunCps(const Options& options) {
  auto stage = Stage::Make(options, {.tunnels = options.in_flight});
  if (!stage.ok()) return stage.status();
  return RunAlone("cps", **stage, MakeConnections(**stage, options));
}

}  // namespace sluice::load
