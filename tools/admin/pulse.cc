#include "tools/admin/pulse.h"

#include <algorithm>
#include <utility>

#include "relay/close_reason.h"
#include "relay/log/calendar_time.h"
#include "tools/admin/entrance.h"

namespace sluice {
namespace {

Histogram::Counts SetupsOf(const Administered& gateway) {
  Histogram::Counts counts;
  for (const Histograms* shard : gateway.histograms()) counts.Add(shard->setup.Read());
  return counts;
}

Histogram::Counts Less(Histogram::Counts counts, const Histogram::Counts& before) {
  for (size_t i = 0; i < counts.buckets.size(); ++i) counts.buckets[i] -= before.buckets[i];
  counts.count -= before.count;
  counts.sum -= before.sum;
  return counts;
}

// Sessions that came to nothing although nobody forbade them.
uint64_t Failed(const Counters::Totals& totals) {
  return totals.handshakes_failed + totals.auth_failed + totals.auth_throttled +
         totals.auth_unchecked + totals.connects_failed + totals.binds_failed;
}

uint64_t Open(const Counters::Totals& totals) {
  return totals.sessions_accepted - std::min(totals.sessions_closed, totals.sessions_accepted);
}

Json Rounded(double number) { return static_cast<int64_t>(number + 0.5); }

Json P99Json(const HistoryPoint& point) {
  if (!point.setup_p99.has_value()) return nullptr;
  return absl::ToDoubleMicroseconds(absl::Trunc(*point.setup_p99, absl::Microseconds(1))) / 1000;
}

Json ShareJson(const HistoryPoint& point) {
  if (!point.failed_share.has_value()) return nullptr;
  return static_cast<double>(static_cast<int64_t>(*point.failed_share * 10000 + 0.5)) / 10000;
}

Json EndedJson(const std::array<uint64_t, 8>& counts) {
  Json json = Json::object();
  for (size_t i = 1; i < counts.size(); ++i)
    json[std::string(ToString(static_cast<EndedBy>(i)))] = counts[i];
  return json;
}

}  // namespace

Json PointJson(const HistoryPoint& point) {
  return Json{{"at", CalendarTime(point.at)},
              {"sessions", point.sessions_open},
              {"accepted_per_s", Rounded(point.accepted_per_s)},
              {"bytes_per_s",
               {{"up", Rounded(point.bytes_up_per_s)}, {"down", Rounded(point.bytes_down_per_s)}}},
              {"setup_p99_ms", P99Json(point)},
              {"failed_share", ShareJson(point)}};
}

HistoryPoint Pulse::Between(const Look& from, const Look& to) {
  const double seconds = std::max(0.001, absl::ToDoubleSeconds(to.at - from.at));
  HistoryPoint point;
  point.at = to.at;
  point.sessions_open = Open(to.totals);
  const auto rate = [&](uint64_t before, uint64_t after) {
    return static_cast<double>(after - std::min(before, after)) / seconds;
  };
  point.accepted_per_s = rate(from.totals.sessions_accepted, to.totals.sessions_accepted);
  point.bytes_up_per_s = rate(from.totals.bytes_up, to.totals.bytes_up);
  point.bytes_down_per_s = rate(from.totals.bytes_down, to.totals.bytes_down);
  const Histogram::Counts setups = Less(to.setups, from.setups);
  if (setups.count > 0)
    point.setup_p99 = absl::Seconds(setups.Quantile(0.99) * DurationHistogram::kUnit);
  const uint64_t closed = to.totals.sessions_closed - from.totals.sessions_closed;
  if (closed > 0) {
    const auto failed = static_cast<double>(Failed(to.totals) - Failed(from.totals));
    point.failed_share = std::min(1.0, failed / static_cast<double>(closed));
  }
  return point;
}

void Pulse::Beat(absl::Time now) {
  Entrance& entrance = gateway_.entrance();
  Look look{now, gateway_.Count(), {}};
  const bool told = entrance.events.wanted(Topic::kStatus);
  const bool step = !step_.has_value() || now - step_->at >= History::kStep;
  if (told || step) look.setups = SetupsOf(gateway_);
  if (step_.has_value() && step) entrance.history.Add(Between(*step_, look));
  if (told && second_.has_value()) {
    // Of one second alone there is often too little to say how long set-ups take.
    HistoryPoint second = Between(*second_, look);
    const Look& since = earlier_.has_value() ? *earlier_ : *step_;
    const HistoryPoint longer = Between(since, look);
    second.setup_p99 = longer.setup_p99;
    second.failed_share = longer.failed_share;
    SayStatus(look, second, now - second_->at);
  }
  if (entrance.events.wanted(Topic::kSessions) && Open(look.totals) != sessions_said_) {
    sessions_said_ = Open(look.totals);
    entrance.events.Say(Topic::kSessions,
                        Json{{"at", CalendarTime(now)}, {"open", sessions_said_}}.dump());
  }
  SayConfig();
  entrance.events.Beat();
  if (step) {
    earlier_ = std::exchange(step_, look);
  }
  second_ = std::move(look);
}

void Pulse::SayStatus(const Look& look, const HistoryPoint& second, absl::Duration passed) {
  Json json = PointJson(second);
  json["sessions"] = {{"open", second.sessions_open},
                      {"most", gateway_.facts().sessions_most},
                      {"accepted", look.totals.sessions_accepted},
                      {"closed", look.totals.sessions_closed}};
  json["bytes"] = {{"up", look.totals.bytes_up}, {"down", look.totals.bytes_down}};
  json["ended_by"] = EndedJson(gateway_.entrance().events.ended_by());
  Json shards = Json::array();
  for (const double busy : clocks_.Busy(passed))
    shards.push_back({{"busy", static_cast<double>(static_cast<int>(busy * 1000 + 0.5)) / 1000}});
  json["shards"] = std::move(shards);
  gateway_.entrance().events.Say(Topic::kStatus, json.dump());
}

void Pulse::SayConfig() {
  const uint64_t generation = gateway_.config()->generation;
  if (generation == generation_said_) return;
  generation_said_ = generation;
  gateway_.entrance().events.Say(Topic::kConfig, Json{{"generation", generation}}.dump());
}

}  // namespace sluice
