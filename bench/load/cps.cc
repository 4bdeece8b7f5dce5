// Connections, in_flight of them at any time:
//   1. Launch: a free tunnel connects; its clock starts.
//   2. OnOpen: the handshake is over; one byte goes to the echo.
//   3. OnFlow: it is back. Close, stop the clock, count; the tunnel is free again.

#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/load/clock.h"
#include "bench/load/histogram.h"
#include "bench/load/scenario.h"
#include "bench/load/stage.h"

namespace sluice::load {
namespace {

constexpr int64_t kTurn = kSecond / 20;
constexpr int64_t kFailuresMax = 1000;  // a proxy that refuses everything is no measurement
constexpr char kByte = '!';

class Connections;

class Connection : public Tunnel {
 public:
  Connection(Stage& stage, Connections& run)
      : Tunnel(stage.poller, stage.route, stage.failures), run_(run) {}

  void Launch(int64_t now) {
    launched_at_ = now;
    Open();
  }
  int64_t launched_at() const { return launched_at_; }

 protected:
  void OnOpen(std::string_view early) override {
    if (!early.empty()) return Fail(Failure::kWrong, "bytes before any were sent");
    FailedForGood(send(fd(), &kByte, 1, MSG_NOSIGNAL));
  }
  void OnFlow(uint32_t events) override;
  void OnFailed() override;

 private:
  Connections& run_;
  int64_t launched_at_ = 0;
};

class Connections {
 public:
  explicit Connections(Stage& stage) : stage_(stage) {
    for (int i = 0; i < stage.options.in_flight; ++i) {
      connections_.push_back(std::make_unique<Connection>(stage, *this));
      free_.push_back(connections_.back().get());
    }
  }

  absl::StatusOr<Report> Run() {
    const bool counted = stage_.options.count > 0;
    const int64_t measured_from = NowNanos() + (counted ? 0 : stage_.options.warmup_ns);
    const int64_t until = counted ? INT64_MAX : measured_from + stage_.options.seconds_ns;
    if (!counted) Turn(measured_from);
    if (absl::Status status = stage_.meter.Start(); !status.ok()) return status;
    const int64_t completed_before = completed_;
    measuring_ = true;
    Turn(until);
    measuring_ = false;
    const int64_t completed = completed_ - completed_before;
    if (absl::Status status = stage_.meter.Stop(); !status.ok()) return status;
    launching_ = false;
    Turn(INT64_MAX);  // those in flight come to their end, measured by nobody
    return MakeReport(completed);
  }

  void OnEchoed(Connection& connection) {
    ++completed_;
    if (measuring_) latencies_.Record(NowNanos() - connection.launched_at());
    free_.push_back(&connection);
  }
  void OnFailed(Connection& connection) { free_.push_back(&connection); }

 private:
  // Until the time has come, or there is nothing left to wait for.
  void Turn(int64_t until) {
    for (int64_t now = NowNanos(); now < until; now = NowNanos()) {
      if (!LaunchFree(now) && free_.size() == connections_.size()) return;
      stage_.poller.Turn(std::min(until - now, kTurn));
      if (now > timeouts_checked_at_ + kSecond) FailLateOnes(now);
      stage_.progress.Show(now, [&] {
        const std::string_view rest = stage_.failures.total() > 0 ? ", with failures" : "";
        return absl::StrFormat("%d connections%s, p99 %d µs", completed_, rest,
                               latencies_.Percentile(99) / 1000);
      });
    }
  }

  bool LaunchFree(int64_t now) {
    std::swap(free_, launch_);  // one that fails at once is free again, for the next turn
    for (Connection* connection : launch_) {
      const bool enough = stage_.options.count > 0 && launched_ == stage_.options.count;
      if (enough || stage_.failures.total() >= kFailuresMax) launching_ = false;
      if (launching_) {
        ++launched_;
        connection->Launch(now);
      } else {
        free_.push_back(connection);
      }
    }
    launch_.clear();
    return launching_;
  }

  void FailLateOnes(int64_t now) {
    timeouts_checked_at_ = now;
    for (const auto& connection : connections_) {
      if (connection->state() != Tunnel::State::kClosed &&
          now - connection->launched_at() > stage_.options.timeout_ns) {
        connection->Fail(Failure::kTimeout, "no echo in time");
      }
    }
  }

  Report MakeReport(int64_t completed) const {
    Report report = stage_.NewReport("cps");
    report["in_flight"] = stage_.options.in_flight;
    report["connections"] = completed;
    report["connections_per_s"] =
        static_cast<double>(completed) / std::max(stage_.meter.seconds(), 1e-9);
    stage_.meter.AddTo(report, static_cast<double>(completed), 1e6, "us_per_connection");
    AddLatencies(report, "latency", latencies_);
    AddFailures(report, stage_.failures);
    return report;
  }

  Stage& stage_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> free_;
  std::vector<Connection*> launch_;
  bool launching_ = true;
  bool measuring_ = false;
  int64_t launched_ = 0;
  int64_t completed_ = 0;
  int64_t timeouts_checked_at_ = 0;
  Histogram latencies_;
};

void Connection::OnFlow(uint32_t) {
  char byte;
  const ssize_t got = recv(fd(), &byte, 1, 0);
  if (got == 0) return Fail(Failure::kEnded, "closed before the echo");
  if (FailedForGood(got) || got < 0) return;
  if (byte != kByte) return Fail(Failure::kWrong, "not what was sent");
  Close();
  run_.OnEchoed(*this);
}

void Connection::OnFailed() { run_.OnFailed(*this); }

}  // namespace

absl::StatusOr<Report> RunCps(const Options& options) {
  auto stage = Stage::Make(options, Service::kEcho);
  if (!stage.ok()) return stage.status();
  return Connections(**stage).Run();
}

}  // namespace sluice::load
