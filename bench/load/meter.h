#ifndef SLUICE_BENCH_LOAD_METER_H_
#define SLUICE_BENCH_LOAD_METER_H_

// Meter: the measured part of a run. Time, CPU time of the measured process tree, and CPU time of
// the load itself, which has to be the smaller one for the rest to mean much. One thread.

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "bench/load/report.h"

namespace sluice::load {

class Meter {
 public:
  // `pid` 0: nobody is measured, unless there is a `cpu_file`, the CPU time of a cgroup, which is
  // then what counts.
  Meter(int pid, const std::string& cpu_file) : pid_(pid), cpu_file_(cpu_file) {}

  absl::Status Start();
  absl::Status Stop();

  bool started() const { return began_.at != 0; }
  double seconds() const;

  // Adds the times, and what one of `units` cost; `scale` 1e6 makes that microseconds. `per` names
  // it: cpu_<per>.
  void AddTo(Report& report, double units, double scale, const char* per) const;

 private:
  struct Mark {
    int64_t at = 0;
    double cpu_seconds = 0;
    double own_cpu_seconds = 0;
  };

  absl::Status Take(Mark& mark) const;

  bool measures() const { return pid_ != 0 || !cpu_file_.empty(); }

  int pid_;
  std::string cpu_file_;
  Mark began_;
  Mark ended_;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_METER_H_
