#ifndef SLUICE_BENCH_LOAD_REPORT_H_
#define SLUICE_BENCH_LOAD_REPORT_H_

// Report: what a run found, in the order in which it is printed. Names carry their unit last
// (`latency_p99_us`) and are the same in the table and in --json: scripts depend on them.

#include <string>

#include "bench/load/failures.h"
#include "bench/load/histogram.h"
#include "bench/load/latencies.h"
#include "nlohmann/json.hpp"

namespace sluice::load {

using Report = nlohmann::ordered_json;

// Two columns for people.
std::string Table(const Report& report);

// <name>_min_us, _p50_us, … of values in nanoseconds.
void AddLatencies(Report& report, const std::string& name, const Histogram& nanos);
// These, and <name>_p99_typical_us.
void AddLatencies(Report& report, const std::string& name, const Latencies& latencies);

// "failures", and where there are some, the first in words.
void AddFailures(Report& report, const Failures& failures);

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_REPORT_H_
