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
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/load/clock.h"
#include "bench/load/histogram.h"
#include "bench/load/latencies.h"
#include "bench/load/part.h"
#include "bench/load/round_trip.h"
#include "bench/load/run.h"
#include "bench/load/scenario.h"
#include "bench/load/schedule.h"
#include "bench/load/stage.h"

namespace sluice::load {
namespace {

constexpr int64_t kDrain = 5 * kSecond;  // for what is due at the end

std::string Pattern(size_t bytes) {
  std::string pattern(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) pattern[i] = static_cast<char>('!' + i % 89);
  return pattern;
}

class RoundTrips : public Part, public RoundTripTunnel::Owner {
 public:
  RoundTrips(const Options& options, Way way)
      : Part(options, std::move(way)), request_(Pattern(options.size)), schedule_(options.rate) {
    for (int64_t i = 0; i < options.connections; ++i) {
      tunnels_.push_back(std::make_unique<RoundTripTunnel>(way_, *this, request_, i));
    }
    late_.resize(tunnels_.size());
  }

  std::vector<Tunnel*> Tunnels() override {
    std::vector<Tunnel*> tunnels;
    for (const auto& tunnel : tunnels_) tunnels.push_back(tunnel.get());
    return tunnels;
  }

  void Start(const Times& times) override {
    times_ = times;
    schedule_.Begin(times.began);
    if (schedule_) return;
    for (const auto& tunnel : tunnels_) AskAgain(*tunnel, times.began);
  }

  int64_t Work(int64_t now) override {
    if (now >= times_.ends) return draining(now) ? times_.ends + kDrain : INT64_MAX;
    FailLateOnes(now);
    return schedule_ ? AskDue(now) : INT64_MAX;
  }

  void BeginMeasuring() override { answered_before_ = answered_; }
  void EndMeasuring(int64_t now) override {
    answered_measured_ = answered_ - answered_before_;
    times_.ends = now;
  }
  bool draining(int64_t now) const override { return waiting_ > 0 && now < times_.ends + kDrain; }

  // What is not answered has waited until now at least.
  void Finish() override {
    unanswered_ = waiting_;
    const int64_t now = NowNanos();
    for (const auto& tunnel : tunnels_) {
      if (tunnel->asking()) Record(tunnel->since(), now);
      const Late& late = late_[static_cast<size_t>(tunnel->number())];
      for (int64_t i = 0; i < late.count; ++i) {
        const int64_t due = schedule_.DueAt(late.first + i * static_cast<int64_t>(tunnels_.size()));
        Record(due, now);
      }
    }
  }

  bool finished() const override {
    const bool all_asked = options_.count > 0 && asked_ == options_.count;
    return lost_ == static_cast<int64_t>(tunnels_.size()) || (all_asked && waiting_ == 0);
  }

  std::string Progress() const override {
    return absl::StrFormat("%d round trips, p99 %d µs", answered_,
                           latencies_.all().Percentile(99) / 1000);
  }

  void AddCounts(Report& report, double seconds) const override {
    report["connections"] = options_.connections;
    report["size"] = options_.size;
    if (options_.rate > 0) report["rate_per_s"] = options_.rate;
    report["round_trips"] = answered_measured_;
    report["round_trips_per_s"] = static_cast<double>(answered_measured_) / std::max(seconds, 1e-9);
    report["unanswered"] = unanswered_;
  }
  void AddLatencies(Report& report) const override {
    load::AddLatencies(report, "latency", latencies_);
    load::AddLatencies(report, "load_lateness", own_lateness_);
  }
  Cost cost() const override {
    return {static_cast<double>(answered_measured_), 1e6, "us_per_round_trip"};
  }

 private:
  // Requests of one tunnel that are due and wait for their turn.
  struct Late {
    int64_t count = 0;
    int64_t first = 0;  // the oldest one's number in the schedule
  };

  void OnAnswered(RoundTripTunnel& tunnel) override {
    const int64_t now = NowNanos();
    ++answered_;
    --waiting_;
    Record(tunnel.since(), now);
    if (schedule_) {
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

  bool MayAsk(int64_t now) const {
    return now < times_.ends && (options_.count == 0 || asked_ < options_.count);
  }

  void AskAgain(RoundTripTunnel& tunnel, int64_t now) {
    if (!MayAsk(now)) return;
    ++asked_;
    ++waiting_;
    tunnel.Ask(now);
  }

  // --- With a rate

  // Sends or queues all that is due; returns when the next one is.
  int64_t AskDue(int64_t now) {
    int64_t due = schedule_.DueAt(asked_);
    for (; due <= now && MayAsk(due); due = schedule_.DueAt(asked_)) {
      const int64_t number = asked_++;
      RoundTripTunnel& tunnel = *tunnels_[static_cast<size_t>(number) % tunnels_.size()];
      if (tunnel.state() != Tunnel::State::kOpen) continue;
      ++waiting_;
      Late& late = late_[static_cast<size_t>(tunnel.number())];
      if (tunnel.asking()) {
        if (late.count++ == 0) late.first = number;
      } else {
        if (due >= times_.measured_from) own_lateness_.Record(NowNanos() - due);
        tunnel.Ask(due);
      }
    }
    return MayAsk(due) ? due : INT64_MAX;
  }

  void AskLate(RoundTripTunnel& tunnel) {
    Late& late = late_[static_cast<size_t>(tunnel.number())];
    if (late.count == 0) return;
    const int64_t due = schedule_.DueAt(late.first);
    --late.count;
    late.first += static_cast<int64_t>(tunnels_.size());
    tunnel.Ask(due);
  }

  void FailLateOnes(int64_t now) {
    if (now < timeouts_checked_at_ + kSecond) return;
    timeouts_checked_at_ = now;
    for (const auto& tunnel : tunnels_) {
      if (tunnel->asking() && now - tunnel->since() > options_.timeout_ns)
        tunnel->Fail(Failure::kTimeout, "no answer in time");
    }
  }

  void Record(int64_t since, int64_t now) {
    if (since >= times_.measured_from) latencies_.Record(since, now);
  }

  const std::string request_;
  std::vector<std::unique_ptr<RoundTripTunnel>> tunnels_;
  std::vector<Late> late_;  // by tunnel
  Times times_;
  Schedule schedule_;
  int64_t asked_ = 0;  // with a rate: the next number of the schedule
  int64_t answered_ = 0;
  int64_t answered_before_ = 0;
  int64_t answered_measured_ = 0;
  int64_t waiting_ = 0;  // asked or late, and not answered
  int64_t unanswered_ = 0;
  int64_t lost_ = 0;  // tunnels
  int64_t timeouts_checked_at_ = 0;
  Latencies latencies_;
  Histogram own_lateness_;
};

}  // namespace

MadePart MakeRoundTrips(Stage& stage, const Options& options) {
  auto way = stage.MakeWay(options, Service::kEcho);
  if (!way.ok()) return way.status();
  return std::make_unique<RoundTrips>(options, *std::move(way));
}

absl::StatusOr<Report> RunRr(const Options& options) {
  auto stage = Stage::Make(options, {.tunnels = options.connections});
  if (!stage.ok()) return stage.status();
  return RunAlone("rr", **stage, MakeRoundTrips(**stage, options));
}

}  // namespace sluice::load
