// Round trips on tunnels that stay open:
//   1. Without --rate, each answer is the signal for the next request (a closed loop): the latency
//      is what a client sees that waits.
//   2. With --rate, requests are due at fixed times, dealt to the tunnels in turns. One that is due
//      while its tunnel still waits is sent when the answer is there, and its latency counts from
//      when it was due: a stall is paid by all whom it delayed, not by one ("coordinated
//      omission"). How late the load itself was is in the report.
//   3. At the end, what is due is still answered, or counts as unanswered with the time it has
//      waited.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/load/clock.h"
#include "bench/load/histogram.h"
#include "bench/load/round_trip.h"
#include "bench/load/scenario.h"
#include "bench/load/stage.h"

namespace sluice::load {
namespace {

constexpr int64_t kTurn = kSecond / 20;
constexpr int64_t kDrain = 5 * kSecond;  // for what is due at the end

std::string Pattern(size_t bytes) {
  std::string pattern(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) pattern[i] = static_cast<char>('!' + i % 89);
  return pattern;
}

class RoundTrips : public RoundTripTunnel::Owner {
 public:
  explicit RoundTrips(Stage& stage) : stage_(stage), request_(Pattern(stage.options.size)) {
    for (int64_t i = 0; i < stage.options.connections; ++i) {
      tunnels_.push_back(std::make_unique<RoundTripTunnel>(stage, *this, request_, i));
    }
    late_.resize(tunnels_.size());
  }

  absl::StatusOr<Report> Run() {
    std::vector<Tunnel*> tunnels;
    for (const auto& tunnel : tunnels_) tunnels.push_back(tunnel.get());
    if (absl::Status status = stage_.OpenAll(tunnels); !status.ok()) return status;
    const Options& options = stage_.options;
    began_ = NowNanos();
    measured_from_ = began_ + (options.count > 0 ? 0 : options.warmup_ns);
    ends_ = options.count > 0 ? INT64_MAX : measured_from_ + options.seconds_ns;
    if (options.rate == 0) {
      for (const auto& tunnel : tunnels_) AskAgain(*tunnel, began_);
    }
    Turn(measured_from_);
    if (absl::Status status = stage_.meter.Start(); !status.ok()) return status;
    const int64_t answered_before = answered_;
    Turn(ends_);
    const int64_t answered = answered_ - answered_before;
    if (absl::Status status = stage_.meter.Stop(); !status.ok()) return status;
    Drain();
    return MakeReport(answered);
  }

  void OnAnswered(RoundTripTunnel& tunnel) override {
    const int64_t now = NowNanos();
    ++answered_;
    --waiting_;
    Record(now - tunnel.since(), tunnel.since());
    if (stage_.options.rate > 0) {
      AskLate(tunnel);
    } else {
      AskAgain(tunnel, now);
    }
  }
  void OnLost(RoundTripTunnel& tunnel) override {
    ++lost_;
    if (tunnel.asking()) --waiting_;
    waiting_ -= late_[static_cast<size_t>(tunnel.number())].count;
    late_[static_cast<size_t>(tunnel.number())].count = 0;
  }

 private:
  // Requests of one tunnel that are due and wait for their turn.
  struct Late {
    int64_t count = 0;
    int64_t first = 0;  // the oldest one's number in the schedule
  };

  bool Finished() const {
    const bool all_asked = stage_.options.count > 0 && asked_ == stage_.options.count;
    return lost_ == static_cast<int64_t>(tunnels_.size()) || (all_asked && waiting_ == 0);
  }
  bool MayAsk(int64_t now) const {
    return now < ends_ && (stage_.options.count == 0 || asked_ < stage_.options.count);
  }

  void Turn(int64_t until) {
    for (int64_t now = NowNanos(); now < until && !Finished(); now = NowNanos()) {
      const int64_t next_due = stage_.options.rate > 0 ? AskDue(now) : INT64_MAX;
      stage_.poller.Turn(std::min({until, next_due, now + kTurn}) - now);
      FailLateOnes(now);
      stage_.progress.Show(now, [&] {
        return absl::StrFormat("%d round trips, p99 %d µs", answered_,
                               latencies_.Percentile(99) / 1000);
      });
    }
  }

  void AskAgain(RoundTripTunnel& tunnel, int64_t now) {
    if (!MayAsk(now)) return;
    ++asked_;
    ++waiting_;
    tunnel.Ask(now);
  }

  // --- With a rate

  int64_t DueAt(int64_t number) const {
    return began_ + std::llround(static_cast<double>(number) *
                                 (static_cast<double>(kSecond) / stage_.options.rate));
  }

  // Sends or queues all that is due; returns when the next one is.
  int64_t AskDue(int64_t now) {
    int64_t due = DueAt(asked_);
    for (; due <= now && MayAsk(due); due = DueAt(asked_)) {
      const int64_t number = asked_++;
      RoundTripTunnel& tunnel = *tunnels_[static_cast<size_t>(number) % tunnels_.size()];
      if (tunnel.state() != Tunnel::State::kOpen) continue;
      ++waiting_;
      Late& late = late_[static_cast<size_t>(tunnel.number())];
      if (tunnel.asking()) {
        if (late.count++ == 0) late.first = number;
      } else {
        if (due >= measured_from_) own_lateness_.Record(NowNanos() - due);
        tunnel.Ask(due);
      }
    }
    return MayAsk(due) ? due : INT64_MAX;
  }

  void AskLate(RoundTripTunnel& tunnel) {
    Late& late = late_[static_cast<size_t>(tunnel.number())];
    if (late.count == 0) return;
    const int64_t due = DueAt(late.first);
    --late.count;
    late.first += static_cast<int64_t>(tunnels_.size());
    tunnel.Ask(due);
  }

  // --- The end

  void FailLateOnes(int64_t now) {
    if (now < timeouts_checked_at_ + kSecond) return;
    timeouts_checked_at_ = now;
    for (const auto& tunnel : tunnels_) {
      if (tunnel->asking() && now - tunnel->since() > stage_.options.timeout_ns)
        tunnel->Fail(Failure::kTimeout, "no answer in time");
    }
  }

  void Drain() {
    const int64_t until = NowNanos() + kDrain;
    for (int64_t now = NowNanos(); waiting_ > 0 && now < until; now = NowNanos())
      stage_.poller.Turn(std::min(until - now, kTurn));
    unanswered_ = waiting_;
    const int64_t now = NowNanos();
    for (const auto& tunnel : tunnels_) {
      if (tunnel->asking()) Record(now - tunnel->since(), tunnel->since());
      const Late& late = late_[static_cast<size_t>(tunnel->number())];
      for (int64_t i = 0; i < late.count; ++i) {
        const int64_t due = DueAt(late.first + i * static_cast<int64_t>(tunnels_.size()));
        Record(now - due, due);
      }
    }
  }

  void Record(int64_t latency, int64_t since) {
    if (since >= measured_from_) latencies_.Record(latency);
  }

  Report MakeReport(int64_t answered) const {
    const Options& options = stage_.options;
    Report report = stage_.NewReport("rr");
    report["connections"] = options.connections;
    report["size"] = options.size;
    if (options.rate > 0) report["rate_per_s"] = options.rate;
    report["round_trips"] = answered;
    report["round_trips_per_s"] =
        static_cast<double>(answered) / std::max(stage_.meter.seconds(), 1e-9);
    report["unanswered"] = unanswered_;
    stage_.meter.AddTo(report, static_cast<double>(answered), 1e6, "us_per_round_trip");
    AddLatencies(report, "latency", latencies_);
    AddLatencies(report, "load_lateness", own_lateness_);
    AddFailures(report, stage_.failures);
    return report;
  }

  Stage& stage_;
  const std::string request_;
  std::vector<std::unique_ptr<RoundTripTunnel>> tunnels_;
  std::vector<Late> late_;  // by tunnel
  int64_t began_ = 0;
  int64_t measured_from_ = 0;
  int64_t ends_ = 0;
  int64_t asked_ = 0;  // with a rate: the next number of the schedule
  int64_t answered_ = 0;
  int64_t waiting_ = 0;  // asked or late, and not answered
  int64_t unanswered_ = 0;
  int64_t lost_ = 0;  // tunnels
  int64_t timeouts_checked_at_ = 0;
  Histogram latencies_;
  Histogram own_lateness_;
};

}  // namespace

absl::StatusOr<Report> RunRr(const Options& options) {
  auto stage = Stage::Make(options, Service::kEcho);
  if (!stage.ok()) return stage.status();
  return RoundTrips(**stage).Run();
}

}  // namespace sluice::load
