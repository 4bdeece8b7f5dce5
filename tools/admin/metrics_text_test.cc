#include "tools/admin/metrics_text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

std::string TextOf(MetricsFormat format) {
  MetricsText text(format);
  text.AddCounter("sluice_busy_seconds_total", "Busy.", 1.5);
  text.AddGauge("sluice_sessions", "Open.", 12'345'678'901);
  text.AddInfo("sluice_build_info", "The program.", {{"version", "a\"b\\c\nd"}});
  return std::move(text).Finish();
}

TEST(MetricsTextTest, PrometheusNamesACounterInFull) {
  EXPECT_EQ(TextOf(MetricsFormat::kPrometheus),
            "# TYPE sluice_busy_seconds_total counter\n"
            "# HELP sluice_busy_seconds_total Busy.\n"
            "sluice_busy_seconds_total 1.5\n"
            "# TYPE sluice_sessions gauge\n"
            "# HELP sluice_sessions Open.\n"
            "sluice_sessions 12345678901\n"
            "# TYPE sluice_build_info gauge\n"
            "# HELP sluice_build_info The program.\n"
            "sluice_build_info{version=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(MetricsTextTest, OpenMetricsHasUnitsAndAnEnd) {
  EXPECT_EQ(TextOf(MetricsFormat::kOpenMetrics),
            "# TYPE sluice_busy_seconds counter\n"
            "# UNIT sluice_busy_seconds seconds\n"
            "# HELP sluice_busy_seconds Busy.\n"
            "sluice_busy_seconds_total 1.5\n"
            "# TYPE sluice_sessions gauge\n"
            "# HELP sluice_sessions Open.\n"
            "sluice_sessions 12345678901\n"
            "# TYPE sluice_build info\n"
            "# HELP sluice_build The program.\n"
            "sluice_build_info{version=\"a\\\"b\\\\c\\nd\"} 1\n"
            "# EOF\n");
}

TEST(MetricsTextTest, HistogramCountsUpToItsSum) {
  Histogram::Counts counts;
  counts.buckets[0] = 2;
  counts.buckets[Histogram::kBuckets - 1] = 3;
  counts.count = 5;
  counts.sum = 4'000'000;
  MetricsText text(MetricsFormat::kPrometheus);
  text.AddHistogram("sluice_x_seconds", "X.", 1e-6, counts);
  const std::string out = std::move(text).Finish();
  EXPECT_THAT(out, HasSubstr("sluice_x_seconds_bucket{le=\"+Inf\"} 5\n"));
  EXPECT_THAT(out, HasSubstr("sluice_x_seconds_sum 4\n"));
  EXPECT_THAT(out, HasSubstr("sluice_x_seconds_count 5\n"));
}

TEST(MetricsTextTest, AcceptChoosesTheFormat) {
  EXPECT_EQ(MetricsFormatFor(""), MetricsFormat::kPrometheus);
  EXPECT_EQ(MetricsFormatFor("text/plain;version=0.0.4"), MetricsFormat::kPrometheus);
  EXPECT_EQ(MetricsFormatFor("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"),
            MetricsFormat::kOpenMetrics);
  EXPECT_THAT(std::string(ContentTypeOf(MetricsFormat::kOpenMetrics)), HasSubstr("version=1.0.0"));
}

}  // namespace
}  // namespace sluice
