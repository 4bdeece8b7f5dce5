// Datagrams through associations:
//   1. All associations are opened; then each window is filled.
//   2. Each datagram that comes back frees its place for the next (a closed loop): the latency is
//      what a client sees that keeps so many under way.
//   3. With --rate, datagrams are due at fixed times instead, the associations in turns. One that
//      finds their windows full is sent when there is room, and its latency counts from when it was
//      due.
//   4. What is not back after --resend counts as lost and is sent anew, so that a loss does not
//      stall its window; its latency counts from when it was sent first.

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/load/association.h"
#include "bench/load/clock.h"
#include "bench/load/latencies.h"
#include "bench/load/part.h"
#include "bench/load/run.h"
#include "bench/load/scenario.h"
#include "bench/load/schedule.h"
#include "bench/load/stage.h"

namespace sluice::load {
namespace {

constexpr int64_t kTurn = kSecond / 100;
constexpr int64_t kDrain = 5 * kSecond;      // for what is under way at the end
constexpr size_t kPayloadBytesMax = 65'000;  // a datagram's 65,507, less a header

class Datagrams : public Part, public Association::Owner {
 public:
  Datagrams(const Options& options, Way way)
      : Part(options, std::move(way)), tools_(options, way_), schedule_(options.rate) {
    for (int i = 0; i < options.connections; ++i) {
      associations_.push_back(std::make_unique<Association>(
          way_, tools_, *this, static_cast<size_t>(options.window), static_cast<uint64_t>(i)));
    }
  }

  std::vector<Tunnel*> Tunnels() override {
    std::vector<Tunnel*> all;
    for (const auto& association : associations_) all.push_back(association.get());
    return all;
  }

  void Start(const Times& times) override {
    times_ = times;
    schedule_.Begin(times.began);
    if (schedule_) return;
    for (const auto& association : associations_)
      asked_ += association->Ask(Allowed(times.began), times.began);
  }

  int64_t Work(int64_t now) override {
    if (now >= resent_at_ + kTurn) ResendLost(now);
    return std::min(now + kTurn, schedule_ ? AskDue(now) : INT64_MAX);
  }

  void BeginMeasuring() override { before_ = Count(); }
  void EndMeasuring(int64_t now) override {
    after_ = Count();
    times_.ends = now;
  }
  bool draining(int64_t now) const override { return Waiting() > 0 && now < times_.ends + kDrain; }

  // What is not back has waited until now at least.
  void Finish() override {
    unanswered_ = Waiting();
    const int64_t now = NowNanos();
    for (const auto& association : associations_) {
      association->window().ForEachWaiting([&](int64_t since) { latencies_.Record(since, now); });
    }
  }

  bool finished() const override {
    const bool all_asked = options_.count > 0 && asked_ == options_.count;
    return ended_ == static_cast<int64_t>(associations_.size()) || (all_asked && Waiting() == 0);
  }

  std::string Progress() const override {
    return absl::StrFormat("%d datagrams echoed, p99 %d µs", answered_,
                           latencies_.all().Percentile(99) / 1000);
  }

  void AddCounts(Report& report, double seconds) const override {
    report["associations"] = options_.connections;
    report["window"] = options_.window;
    if (schedule_) report["rate_echoes_per_s"] = options_.rate;
    report["size"] = options_.size;
    report["trains"] = options_.trains;
    report["echoes"] = after_.answered - before_.answered;
    report["datagrams_per_s"] = Carried() / std::max(seconds, 1e-9);
    report["lost"] = after_.lost - before_.lost;
    report["late"] = after_.late - before_.late;
    report["unanswered"] = unanswered_;
  }
  void AddLatencies(Report& report) const override {
    load::AddLatencies(report, "latency", latencies_);
  }
  Cost cost() const override { return {Carried(), 1e6, "us_per_datagram"}; }

 private:
  struct Counts {
    int64_t answered = 0;
    int64_t lost = 0;
    int64_t late = 0;
  };

  // Each echo has gone through the proxy twice.
  double Carried() const { return 2 * static_cast<double>(after_.answered - before_.answered); }

  bool OnAnswered(int64_t since, int64_t now) override {
    ++answered_;
    if (since >= times_.measured_from) latencies_.Record(since, now);
    if (schedule_ || Allowed(now) == 0) return false;
    ++asked_;
    return true;
  }
  void OnEnded(Association&) override { ++ended_; }

  Counts Count() const {
    Counts counts = {answered_, 0, 0};
    for (const auto& association : associations_) {
      counts.lost += association->lost();
      counts.late += association->late();
    }
    return counts;
  }

  int64_t Allowed(int64_t now) const {
    if (now >= times_.ends) return 0;
    return options_.count > 0 ? options_.count - asked_ : INT64_MAX;
  }

  // Datagrams under way; those of an association that has ended are nobody's.
  int64_t Waiting() const {
    int64_t waiting = 0;
    for (const auto& association : associations_) {
      if (association->state() == Tunnel::State::kOpen) waiting += association->window().waiting();
    }
    return waiting;
  }

  // Sends all that is due, each where there is room, and returns when the next one is. Where there
  // is no room, an answer makes some.
  int64_t AskDue(int64_t now) {
    int64_t due = schedule_.DueAt(asked_);
    for (; due <= now && Allowed(now) > 0; due = schedule_.DueAt(asked_)) {
      size_t tried = 0;
      while (tried < associations_.size() && !NextAssociation().AskDue(due, now)) ++tried;
      if (tried == associations_.size()) return INT64_MAX;
      ++asked_;
    }
    return Allowed(now) > 0 ? due : INT64_MAX;
  }
  Association& NextAssociation() { return *associations_[next_++ % associations_.size()]; }

  void ResendLost(int64_t now) {
    resent_at_ = now;
    for (const auto& association : associations_)
      association->ResendLost(now - options_.resend_ns, now);
  }

  DatagramTools tools_;
  std::vector<std::unique_ptr<Association>> associations_;
  Times times_;
  Schedule schedule_;
  size_t next_ = 0;  // with a rate: whose turn it is
  Counts before_;
  Counts after_;
  int64_t asked_ = 0;
  int64_t answered_ = 0;
  int64_t ended_ = 0;  // associations
  int64_t unanswered_ = 0;
  int64_t resent_at_ = 0;
  Latencies latencies_;
};

}  // namespace

MadePart MakeDatagrams(Stage& stage, const Options& options) {
  if (options.size < NumberedDatagrams::kNumberBytes || options.size > kPayloadBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("--size: expected ", NumberedDatagrams::kNumberBytes, " to ", kPayloadBytesMax,
                     " bytes of a datagram, found ", options.size));
  }
  auto way = stage.MakeWay(options, Service::kEcho, SocksCommand::kUdpAssociate);
  if (!way.ok()) return way.status();
  return std::make_unique<Datagrams>(options, *std::move(way));
}

absl::StatusOr<Report> RunUdp(const Options& options) {
  auto stage = Stage::Make(options, {.associations = options.connections});
  if (!stage.ok()) return stage.status();
  return RunAlone("udp", **stage, MakeDatagrams(**stage, options));
}

}  // namespace sluice::load
