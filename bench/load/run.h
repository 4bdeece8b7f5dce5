#ifndef SLUICE_BENCH_LOAD_RUN_H_
#define SLUICE_BENCH_LOAD_RUN_H_

// Run: one or several parts from their start to their end, on one thread. A scenario makes a stage
// and its parts, runs them, and makes the report.

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/load/histogram.h"
#include "bench/load/part.h"
#include "bench/load/stage.h"

namespace sluice::load {

class Run {
 public:
  // All must outlive it.
  Run(Stage& stage, std::vector<Part*> parts) : stage_(stage), parts_(std::move(parts)) {}

  // Opens the tunnels of all parts, at most Options::in_flight at a time, and waits until each is
  // ready (Tunnel::ready). An error where one fails, or is not ready in time: a run with some of
  // its tunnels would measure something else.
  absl::Status Open();
  // Starts all, and measures from the end of the warm-up for so many seconds. Where parts are
  // counted, there is no warm-up, and the end is when each of them has done its part. An error is
  // the meter's.
  absl::Status Measure();
  // Waits for what is under way.
  void Finish();

  // How long, in the measured part, each turn was: from when something was ready until all was done
  // that there was to do. A latency may be too large by so much, by no fault of who is measured.
  const Histogram& turns() const { return turns_; }

 private:
  absl::Status OpenAll(const std::vector<Tunnel*>& tunnels);
  absl::Status AnyFailure() const;
  bool AnyCounted() const;
  // Some part has something to do yet, for which the run waits.
  bool GoesOn() const;
  // Until then, or until `goes_on` says no.
  template <typename Predicate>
  void Turn(int64_t until, const Predicate& goes_on);

  Stage& stage_;
  const std::vector<Part*> parts_;
  bool measuring_ = false;
  Histogram turns_;
};

// The report of a run that has but one part. `made`: an error in making it is the run's.
absl::StatusOr<Report> RunAlone(const char* scenario, Stage& stage, MadePart made);

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_RUN_H_
