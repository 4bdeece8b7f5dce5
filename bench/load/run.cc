#include "bench/load/run.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bench/load/clock.h"

namespace sluice::load {
namespace {

constexpr int64_t kOpeningTurn = kSecond / 10;

}  // namespace

absl::Status Run::Open() {
  std::vector<Tunnel*> tunnels;
  for (Part* part : parts_) {
    const std::vector<Tunnel*> more = part->Tunnels();
    tunnels.insert(tunnels.end(), more.begin(), more.end());
  }
  if (absl::Status status = OpenAll(tunnels); !status.ok()) return status;
  for (Part* part : parts_) part->Prepare();
  return absl::OkStatus();
}

absl::Status Run::OpenAll(const std::vector<Tunnel*>& tunnels) {
  const Options& options = stage_.options;
  std::vector<Tunnel*> opening;
  size_t next = 0;
  int64_t progressed_at = NowNanos();
  while (next < tunnels.size() || !opening.empty()) {
    while (next < tunnels.size() && opening.size() < static_cast<size_t>(options.in_flight)) {
      opening.push_back(tunnels[next++]);
      opening.back()->Open();
    }
    stage_.poller.Turn(kOpeningTurn);
    if (absl::Status status = AnyFailure(); !status.ok()) return status;
    const int64_t now = NowNanos();
    const auto ready = std::remove_if(opening.begin(), opening.end(),
                                      [](const Tunnel* tunnel) { return tunnel->ready(); });
    if (ready != opening.end()) {
      opening.erase(ready, opening.end());
      progressed_at = now;
    } else if (now - progressed_at > options.timeout_ns) {
      return absl::DeadlineExceededError(absl::StrCat(
          opening.size(), " tunnels did not open within ", Seconds(options.timeout_ns), " s"));
    }
    stage_.progress.Show(now, [&] {
      return absl::StrCat("opening tunnels: ", next - opening.size(), " of ", tunnels.size());
    });
  }
  return absl::OkStatus();
}

absl::Status Run::AnyFailure() const {
  for (const Part* part : parts_) {
    if (part->failures().total() > 0) {
      return absl::UnavailableError(
          absl::StrCat("a tunnel did not open: ", part->failures().first()));
    }
  }
  return absl::OkStatus();
}

absl::Status Run::Measure() {
  Times times;
  times.began = NowNanos();
  times.measured_from = times.began + (AnyCounted() ? 0 : stage_.options.warmup_ns);
  times.ends = AnyCounted() ? INT64_MAX : times.measured_from + stage_.options.seconds_ns;
  const auto goes_on = [this](int64_t) { return GoesOn(); };
  for (Part* part : parts_) part->Start(times);
  Turn(times.measured_from, goes_on);
  if (absl::Status status = stage_.meter.Start(); !status.ok()) return status;
  for (Part* part : parts_) part->BeginMeasuring();
  measuring_ = true;
  Turn(times.ends, goes_on);
  measuring_ = false;
  for (Part* part : parts_) part->EndMeasuring(NowNanos());
  return stage_.meter.Stop();
}

void Run::Finish() {
  Turn(INT64_MAX, [this](int64_t now) {
    return std::any_of(parts_.begin(), parts_.end(),
                       [now](const Part* part) { return part->draining(now); });
  });
  for (Part* part : parts_) part->Finish();
}

bool Run::AnyCounted() const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const Part* part) { return part->counted(); });
}

bool Run::GoesOn() const {
  const bool counted = AnyCounted();
  return std::any_of(parts_.begin(), parts_.end(), [counted](const Part* part) {
    return part->counted() == counted && !part->finished();
  });
}

template <typename Predicate>
void Run::Turn(int64_t until, const Predicate& goes_on) {
  int64_t woke = NowNanos();
  for (int64_t now = woke; now < until; now = NowNanos()) {
    int64_t wake = std::min(until, now + kSecond);
    for (Part* part : parts_) wake = std::min(wake, part->Work(now));
    if (!goes_on(now)) return;
    stage_.progress.Show(now, [this] {
      return absl::StrJoin(parts_, "; ", [](std::string* line, const Part* part) {
        absl::StrAppend(line, part->Progress());
      });
    });
    const int64_t done = NowNanos();
    if (measuring_) turns_.Record(done - woke);
    woke = stage_.poller.Turn(stage_.options.spin ? 0 : wake - done);
  }
}

absl::StatusOr<Report> RunAlone(const char* scenario, Stage& stage, MadePart made) {
  if (!made.ok()) return made.status();
  Part& part = **made;
  Run run(stage, {&part});
  if (absl::Status status = run.Open(); !status.ok()) return status;
  if (absl::Status status = run.Measure(); !status.ok()) return status;
  run.Finish();
  Report report = stage.NewReport(scenario);
  part.AddCounts(report, stage.meter.seconds());
  const Cost cost = part.cost();
  stage.meter.AddTo(report, cost.units, cost.scale, cost.per);
  part.AddLatencies(report);
  AddFailures(report, part.failures());
  return report;
}

}  // namespace sluice::load
