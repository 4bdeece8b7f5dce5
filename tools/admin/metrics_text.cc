#include "tools/admin/metrics_text.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice {
namespace {

constexpr std::string_view kOpenMetricsType = "application/openmetrics-text";

// Whole numbers in full, as counters of bytes are.
std::string NumberText(double value) {
  constexpr double kExact = 9007199254740992;  // 2^53
  if (std::floor(value) == value && std::abs(value) < kExact)
    return absl::StrCat(static_cast<int64_t>(value));
  return absl::StrFormat("%.17g", value);
}

std::string EscapedLabel(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string_view UnitOf(std::string_view family) {
  for (const std::string_view unit : {"seconds", "bytes"}) {
    if (family.ends_with(unit)) return unit;
  }
  return {};
}

}  // namespace

MetricsFormat MetricsFormatFor(std::string_view accept) {
  return accept.find(kOpenMetricsType) == std::string_view::npos ? MetricsFormat::kPrometheus
                                                                 : MetricsFormat::kOpenMetrics;
}

std::string_view ContentTypeOf(MetricsFormat format) {
  return format == MetricsFormat::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

void MetricsText::AddCounter(std::string_view name, std::string_view help, double value) {
  AddCounterHead(name, help);
  AddSample(name, {}, value);
}

// OpenMetrics names a counter without its _total.
void MetricsText::AddCounterHead(std::string_view name, std::string_view help) {
  std::string_view family = name;
  if (format_ == MetricsFormat::kOpenMetrics)
    family.remove_suffix(std::string_view("_total").size());
  AddHead(family, "counter", help);
}

void MetricsText::AddGauge(std::string_view name, std::string_view help, double value) {
  AddGaugeHead(name, help);
  AddSample(name, {}, value);
}

void MetricsText::AddGaugeHead(std::string_view name, std::string_view help) {
  AddHead(name, "gauge", help);
}

void MetricsText::AddHistogram(std::string_view name, std::string_view help, double unit,
                               const Histogram::Counts& counts) {
  AddHead(name, "histogram", help);
  const std::string bucket = absl::StrCat(std::string(name), "_bucket");
  uint64_t below = 0;
  for (size_t i = 0; i + 1 < Histogram::kBuckets; ++i) {
    below += counts.buckets[i];
    if ((i + 1) % Histogram::kPerOctave != 0) continue;
    AddSample(bucket, {{"le", NumberText(Histogram::Bound(i) * unit)}}, static_cast<double>(below));
  }
  AddSample(bucket, {{"le", "+Inf"}}, static_cast<double>(counts.count));
  AddSample(absl::StrCat(std::string(name), "_sum"), {}, static_cast<double>(counts.sum) * unit);
  AddSample(absl::StrCat(std::string(name), "_count"), {}, static_cast<double>(counts.count));
}

void MetricsText::AddInfo(std::string_view name, std::string_view help, const Labels& labels) {
  std::string_view family = name;
  const bool open = format_ == MetricsFormat::kOpenMetrics;
  if (open) family.remove_suffix(std::string_view("_info").size());
  AddHead(family, open ? "info" : "gauge", help);
  AddSample(name, labels, 1);
}

void MetricsText::AddHead(std::string_view family, std::string_view type, std::string_view help) {
  text_.append("# TYPE ").append(family).append(" ").append(type).append("\n");
  if (const std::string_view unit = UnitOf(family);
      format_ == MetricsFormat::kOpenMetrics && !unit.empty())
    text_.append("# UNIT ").append(family).append(" ").append(unit).append("\n");
  text_.append("# HELP ").append(family).append(" ").append(help).append("\n");
}

void MetricsText::AddSample(std::string_view name, const Labels& labels, double value) {
  text_.append(name);
  for (size_t i = 0; i < labels.size(); ++i) {
    text_.append(i == 0 ? "{" : ",").append(labels[i].first).append("=\"");
    text_.append(EscapedLabel(labels[i].second)).append("\"");
  }
  text_.append(labels.empty() ? " " : "} ").append(NumberText(value)).append("\n");
}

std::string MetricsText::Finish() && {
  if (format_ == MetricsFormat::kOpenMetrics) text_.append("# EOF\n");
  return std::move(text_);
}

}  // namespace sluice
