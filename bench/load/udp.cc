// Datagrams through associations:
//   1. All associations are opened; then each window is filled.
//   2. Each datagram that comes back frees its place for the next (a closed loop): the latency is
//      what a client sees that keeps so many under way.
//   3. What is not back after --resend counts as lost and is sent anew, so that a loss does not
//      stall its window; its latency counts from when it was sent first.

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/load/association.h"
#include "bench/load/clock.h"
#include "bench/load/histogram.h"
#include "bench/load/scenario.h"
#include "bench/load/stage.h"

namespace sluice::load {
namespace {

constexpr int64_t kTurn = kSecond / 100;
constexpr int64_t kDrain = 5 * kSecond;      // for what is under way at the end
constexpr size_t kPayloadBytesMax = 65'000;  // a datagram's 65,507, less a header

class Datagrams : public Association::Owner {
 public:
  explicit Datagrams(Stage& stage) : stage_(stage), tools_(stage) {
    for (int i = 0; i < stage.options.connections; ++i) {
      associations_.push_back(std::make_unique<Association>(
          stage, tools_, *this, static_cast<size_t>(stage.options.window),
          static_cast<uint64_t>(i)));
    }
  }

  absl::StatusOr<Report> Run() {
    std::vector<Tunnel*> all;
    for (const auto& association : associations_) all.push_back(association.get());
    if (absl::Status status = stage_.OpenAll(all); !status.ok()) return status;
    const Options& options = stage_.options;
    const int64_t began = NowNanos();
    measured_from_ = began + (options.count > 0 ? 0 : options.warmup_ns);
    ends_ = options.count > 0 ? INT64_MAX : measured_from_ + options.seconds_ns;
    for (const auto& association : associations_) asked_ += association->Ask(Allowed(began), began);
    Turn(measured_from_);
    if (absl::Status status = stage_.meter.Start(); !status.ok()) return status;
    const Counts before = Count();
    Turn(ends_);
    const Counts after = Count();
    if (absl::Status status = stage_.meter.Stop(); !status.ok()) return status;
    ends_ = 0;
    Turn(NowNanos() + kDrain);
    return MakeReport(
        {after.answered - before.answered, after.lost - before.lost, after.late - before.late});
  }

  bool OnAnswered(int64_t since, int64_t now) override {
    ++answered_;
    if (since >= measured_from_) latencies_.Record(now - since);
    if (Allowed(now) == 0) return false;
    ++asked_;
    return true;
  }
  void OnEnded(Association&) override { ++ended_; }

 private:
  struct Counts {
    int64_t answered;
    int64_t lost;
    int64_t late;
  };

  Counts Count() const {
    Counts counts = {answered_, 0, 0};
    for (const auto& association : associations_) {
      counts.lost += association->lost();
      counts.late += association->late();
    }
    return counts;
  }

  int64_t Allowed(int64_t now) const {
    if (now >= ends_) return 0;
    return stage_.options.count > 0 ? stage_.options.count - asked_ : INT64_MAX;
  }

  // Datagrams under way; those of an association that has ended are nobody's.
  int64_t Waiting() const {
    int64_t waiting = 0;
    for (const auto& association : associations_) {
      if (association->state() == Tunnel::State::kOpen) waiting += association->window().waiting();
    }
    return waiting;
  }

  void Turn(int64_t until) {
    for (int64_t now = NowNanos(); now < until && Waiting() > 0; now = NowNanos()) {
      if (now >= resent_at_ + kTurn) ResendLost(now);
      stage_.poller.Turn(std::min(until - now, kTurn));
      stage_.progress.Show(now, [&] {
        return absl::StrFormat("%d datagrams echoed, p99 %d µs", answered_,
                               latencies_.Percentile(99) / 1000);
      });
    }
  }

  void ResendLost(int64_t now) {
    resent_at_ = now;
    for (const auto& association : associations_)
      association->ResendLost(now - stage_.options.resend_ns, now);
  }

  Report MakeReport(const Counts& counted) {
    const Options& options = stage_.options;
    const int64_t now = NowNanos();
    for (const auto& association : associations_) {
      association->window().ForEachWaiting([&](int64_t since) { latencies_.Record(now - since); });
    }
    Report report = stage_.NewReport("udp");
    report["associations"] = options.connections;
    report["window"] = options.window;
    report["size"] = options.size;
    report["trains"] = options.trains;
    report["echoes"] = counted.answered;
    // Each has gone through the proxy twice.
    const double datagrams = 2 * static_cast<double>(counted.answered);
    report["datagrams_per_s"] = datagrams / std::max(stage_.meter.seconds(), 1e-9);
    report["lost"] = counted.lost;
    report["late"] = counted.late;
    report["unanswered"] = Waiting();
    stage_.meter.AddTo(report, datagrams, 1e6, "us_per_datagram");
    AddLatencies(report, "latency", latencies_);
    AddFailures(report, stage_.failures);
    return report;
  }

  Stage& stage_;
  DatagramTools tools_;
  std::vector<std::unique_ptr<Association>> associations_;
  int64_t measured_from_ = 0;
  int64_t ends_ = 0;
  int64_t asked_ = 0;
  int64_t answered_ = 0;
  int64_t ended_ = 0;  // associations
  int64_t resent_at_ = 0;
  Histogram latencies_;
};

}  // namespace

absl::StatusOr<Report> RunUdp(const Options& options) {
  if (options.size < NumberedDatagrams::kNumberBytes || options.size > kPayloadBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("--size: expected ", NumberedDatagrams::kNumberBytes, " to ", kPayloadBytesMax,
                     " bytes of a datagram, found ", options.size));
  }
  auto stage = Stage::Make(options, Service::kEcho, SocksCommand::kUdpAssociate);
  if (!stage.ok()) return stage.status();
  return Datagrams(**stage).Run();
}

}  // namespace sluice::load
