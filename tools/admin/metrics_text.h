#ifndef SLUICE_TOOLS_ADMIN_METRICS_TEXT_H_
#define SLUICE_TOOLS_ADMIN_METRICS_TEXT_H_

// MetricsText: metrics as Prometheus reads them, in its text format 0.0.4 or in OpenMetrics 1.0.
// Names are literals and keep to the conventions (base units, _total on counters); what differs
// between the formats is known here alone. Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/histogram.h"

namespace sluice {

enum class MetricsFormat : uint8_t { kPrometheus, kOpenMetrics };

// By the header Accept of a request.
MetricsFormat MetricsFormatFor(std::string_view accept);
std::string_view ContentTypeOf(MetricsFormat format);

class MetricsText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  explicit MetricsText(MetricsFormat format) : format_(format) {}

  // `name` ends in _total.
  void AddCounter(std::string_view name, std::string_view help, double value);
  void AddGauge(std::string_view name, std::string_view help, double value);
  // A family whose samples differ by labels: these, then one AddSample for each.
  void AddCounterHead(std::string_view name, std::string_view help);
  void AddGaugeHead(std::string_view name, std::string_view help);
  void AddSample(std::string_view name, const Labels& labels, double value);
  // `unit`: what the value 1 is in the unit of the name. One bucket to an octave: the finer ones
  // are for quantiles.
  void AddHistogram(std::string_view name, std::string_view help, double unit,
                    const Histogram::Counts& counts);
  // `name` ends in _info; its value is 1.
  void AddInfo(std::string_view name, std::string_view help, const Labels& labels);

  std::string Finish() &&;

 private:
  void AddHead(std::string_view family, std::string_view type, std::string_view help);

  const MetricsFormat format_;
  std::string text_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_METRICS_TEXT_H_
