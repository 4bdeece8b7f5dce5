#include "bench/load/meter.h"

#include <time.h>

#include "absl/strings/str_cat.h"
#include "bench/load/clock.h"
#include "bench/load/process_usage.h"

namespace sluice::load {
namespace {

double OwnCpuSeconds() {
  timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return Seconds(used.tv_sec * kSecond + used.tv_nsec);
}

}  // namespace

absl::Status Meter::Take(Mark& mark) const {
  if (measures()) {
    const absl::StatusOr<double> cpu_seconds =
        cpu_file_.empty() ? TreeCpuSeconds(pid_) : GroupCpuSeconds(cpu_file_);
    if (!cpu_seconds.ok()) return cpu_seconds.status();
    mark.cpu_seconds = *cpu_seconds;
  }
  mark.own_cpu_seconds = OwnCpuSeconds();
  mark.at = NowNanos();
  return absl::OkStatus();
}

absl::Status Meter::Start() { return Take(began_); }

absl::Status Meter::Stop() { return Take(ended_); }

double Meter::seconds() const { return Seconds(ended_.at - began_.at); }

void Meter::AddTo(Report& report, double units, double scale, const char* per) const {
  report["seconds"] = seconds();
  const double own = ended_.own_cpu_seconds - began_.own_cpu_seconds;
  if (measures()) {
    const double cpu = ended_.cpu_seconds - began_.cpu_seconds;
    report["cpu_seconds"] = cpu;
    if (units > 0) report[absl::StrCat("cpu_", per)] = cpu * scale / units;
  }
  report["load_cpu_seconds"] = own;
  if (units > 0) report[absl::StrCat("load_cpu_", per)] = own * scale / units;
}

}  // namespace sluice::load
