#include "bench/load/report.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice::load {
namespace {

// 12345678 as 12,345,678.
std::string WithSeparators(int64_t number) {
  const std::string digits = absl::StrCat(number);
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0 && digits[i - 1] != '-') out.push_back(',');
    out.push_back(digits[i]);
  }
  return out;
}

std::string Text(const Report& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return WithSeparators(value.get<int64_t>());
  if (!value.is_number_float()) return value.dump();
  const double number = value.get<double>();
  if (std::abs(number) >= 1000) return WithSeparators(std::llround(number));
  return absl::StrFormat("%.*f", std::abs(number) >= 10 ? 1 : 3, number);
}

}  // namespace

std::string Table(const Report& report) {
  size_t width = 0;
  for (const auto& item : report.items()) width = std::max(width, item.key().size());
  std::string out;
  for (const auto& item : report.items()) {
    absl::StrAppendFormat(&out, "%-*s  %s\n", static_cast<int>(width), item.key(),
                          Text(item.value()));
  }
  return out;
}

void AddLatencies(Report& report, const std::string& name, const Histogram& nanos) {
  if (nanos.count() == 0) return;
  const auto add = [&](const char* which, double value) {
    report[absl::StrCat(name, "_", which, "_us")] = value / 1e3;
  };
  add("mean", nanos.mean());
  add("min", static_cast<double>(nanos.min()));
  add("p50", static_cast<double>(nanos.Percentile(50)));
  add("p90", static_cast<double>(nanos.Percentile(90)));
  add("p99", static_cast<double>(nanos.Percentile(99)));
  add("p99.9", static_cast<double>(nanos.Percentile(99.9)));
  add("p99.99", static_cast<double>(nanos.Percentile(99.99)));
  add("max", static_cast<double>(nanos.max()));
}

void AddLatencies(Report& report, const std::string& name, const Latencies& latencies) {
  if (latencies.all().count() == 0) return;
  AddLatencies(report, name, latencies.all());
  report[absl::StrCat(name, "_p99_typical_us")] = static_cast<double>(latencies.TypicalP99()) / 1e3;
}

void AddFailures(Report& report, const Failures& failures) {
  report["failures"] = failures.total();
  if (failures.total() > 0) report["first_failure"] = failures.first();
}

}  // namespace sluice::load
