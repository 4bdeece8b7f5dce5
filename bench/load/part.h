#ifndef SLUICE_BENCH_LOAD_PART_H_
#define SLUICE_BENCH_LOAD_PART_H_

// Part: one kind of load, which a run has alone or beside others (run.h). It never waits: it does
// what is due when it is asked to, and the rest when its tunnels are ready. One thread. Each part
// is a class in the file of its scenario, and is made by a function below.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/load/options.h"
#include "bench/load/report.h"
#include "bench/load/stage.h"
#include "bench/load/tunnel.h"

namespace sluice::load {

// When, of one clock.
struct Times {
  int64_t began = 0;
  int64_t measured_from = 0;
  int64_t ends = 0;  // INT64_MAX: when what is counted is there
};

// What CPU time is divided by, and the name of that (Meter::AddTo).
struct Cost {
  double units = 0;
  double scale = 1;
  const char* per = "";
};

class Part {
 public:
  virtual ~Part() = default;
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  // --- In the order in which a run calls them

  // What has to stand before anything starts.
  virtual std::vector<Tunnel*> Tunnels() { return {}; }
  // It does, and no part has started yet: the only moment but Finish in which the part may turn the
  // poller itself.
  virtual void Prepare() {}
  virtual void Start(const Times& times) = 0;
  // Does what is due. Returns when it wants to be asked again; being asked earlier does no harm.
  virtual int64_t Work(int64_t now) = 0;
  virtual void BeginMeasuring() {}
  // From now on nothing new begins; what is under way goes on while it is `draining`.
  virtual void EndMeasuring(int64_t now) = 0;
  virtual bool draining(int64_t /*now*/) const { return false; }
  virtual void Finish() {}

  // It ends by itself, when it has done so much, and not by time.
  virtual bool counted() const { return options_.count > 0; }
  // Nothing more will come of it: it has done so much, or all of it has failed.
  virtual bool finished() const = 0;

  // --- What it tells

  virtual std::string Progress() const = 0;
  // What it is, and how much it did in the measured seconds.
  virtual void AddCounts(Report& report, double seconds) const = 0;
  virtual void AddLatencies(Report& /*report*/) const {}
  virtual Cost cost() const = 0;
  const Failures& failures() const { return way_.failures; }

 protected:
  Part(const Options& options, Way way) : options_(options), way_(std::move(way)) {}

  const Options options_;
  Way way_;
};

// Each stands on `stage`, which must outlive it. `options` are the part's own: where a run has
// several, they differ in what they have of everything. An error is one of the options.
using MadePart = absl::StatusOr<std::unique_ptr<Part>>;
MadePart MakeRoundTrips(Stage& stage, const Options& options);
MadePart MakeStreams(Stage& stage, const Options& options);
MadePart MakeConnections(Stage& stage, const Options& options);
MadePart MakeDatagrams(Stage& stage, const Options& options);
MadePart MakeIdles(Stage& stage, const Options& options);

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_PART_H_
