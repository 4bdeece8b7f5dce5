// /metrics: the counters of all shards, what is open now, which configuration is in force, and what
// Linux says of the process.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/admin/changes.h"
#include "tools/admin/metrics_text.h"
#include "tools/admin/process_numbers.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

constexpr std::string_view kMicroseconds = "_microseconds_total";

double UnixSeconds(absl::Time time) { return absl::ToDoubleSeconds(time - absl::UnixEpoch()); }

// Prometheus has base units: time is in seconds there, whatever it is counted in.
void AddCounters(const Counters::Totals& count, MetricsText* text) {
  count.ForEach([&](std::string_view name, std::string_view help, uint64_t value) {
    if (!name.ends_with(kMicroseconds))
      return text->AddCounter(name, help, static_cast<double>(value));
    const std::string seconds = absl::StrCat(
        std::string(name.substr(0, name.size() - kMicroseconds.size())), "_seconds_total");
    text->AddCounter(seconds, help, static_cast<double>(value) / 1e6);
  });
}

// The rules that decided the most; what the others did is one sum.
constexpr size_t kRulesShown = 500;
using NamedCounts = std::pair<std::string, RuleCounts::Counts>;

std::vector<NamedCounts> BusiestRules(const Administered& gateway) {
  std::vector<NamedCounts> rules;
  for (const auto& [name, counts] : gateway.CountRules()) {
    if (counts.hits > 0) rules.emplace_back(name, counts);
  }
  std::stable_sort(rules.begin(), rules.end(), [](const NamedCounts& a, const NamedCounts& b) {
    return a.second.hits > b.second.hits;
  });
  if (rules.size() <= kRulesShown) return rules;
  NamedCounts others("other", {});
  for (size_t i = kRulesShown; i < rules.size(); ++i) others.second.Add(rules[i].second);
  rules.resize(kRulesShown);
  rules.push_back(std::move(others));
  return rules;
}

void AddRules(const Administered& gateway, MetricsText* text) {
  const std::vector<NamedCounts> rules = BusiestRules(gateway);
  text->AddCounterHead("sluice_rule_hits_total", "Requests that a rule decided.");
  for (const auto& [name, counts] : rules)
    text->AddSample("sluice_rule_hits_total", {{"rule", name}}, static_cast<double>(counts.hits));
  text->AddGaugeHead("sluice_rule_sessions", "Open sessions that a rule decided on.");
  for (const auto& [name, counts] : rules)
    text->AddSample("sluice_rule_sessions", {{"rule", name}}, static_cast<double>(counts.sessions));
  text->AddCounterHead("sluice_rule_bytes_total", "Bytes of a rule's sessions.");
  for (const auto& [name, counts] : rules) {
    text->AddSample("sluice_rule_bytes_total", {{"rule", name}, {"direction", "up"}},
                    static_cast<double>(counts.bytes_up));
    text->AddSample("sluice_rule_bytes_total", {{"rule", name}, {"direction", "down"}},
                    static_cast<double>(counts.bytes_down));
  }
  text->AddGaugeHead("sluice_rule_last_hit_timestamp_seconds",
                     "When a rule last decided a request, since 1970.");
  for (const auto& [name, counts] : rules)
    text->AddSample("sluice_rule_last_hit_timestamp_seconds", {{"rule", name}},
                    UnixSeconds(counts.last));
}

void AddChanges(const Changes& changes, MetricsText* text) {
  text->AddGauge("sluice_config_file_differs",
                 "1 where the file of the configuration is another than the one in force, else 0.",
                 changes.file().differs ? 1 : 0);
  text->AddGauge("sluice_config_pending_confirm",
                 "1 where a change is undone unless somebody confirms it, else 0.",
                 changes.pending().has_value() ? 1 : 0);
  text->AddGauge("sluice_locks", "Locks that are set.",
                 static_cast<double>(changes.locks().size()));
}

}  // namespace

HttpResponse AnswerMetrics(Administered& gateway, const Asked& asked) {
  const MetricsFormat format = MetricsFormatFor(asked.request.accept);
  MetricsText text(format);
  const ProcessFacts& facts = gateway.facts();
  const Counters::Totals count = gateway.Count();
  const ReloadOutcome reload = gateway.last_reload();
  text.AddInfo("sluice_build_info", "The program.", {{"version", facts.version}});
  text.AddInfo("sluice_config_info", "The configuration in force.",
               {{"generation", absl::StrCat(gateway.config()->generation)}});
  text.AddGauge(
      "sluice_config_rules", "Rules of the configuration in force.",
      static_cast<double>(gateway.config()->config.rules.size() - gateway.config()->locks));
  text.AddGauge("sluice_config_last_reload_successful",
                "1 where the configuration was read well when it was read last, else 0.",
                reload.status.ok() ? 1 : 0);
  text.AddGauge("sluice_config_last_reload_timestamp_seconds",
                "When the configuration was read last, since 1970.", UnixSeconds(reload.at));
  AddChanges(gateway.changes(), &text);
  text.AddGauge("sluice_draining", "1 where no new sessions are taken any more, else 0.",
                gateway.state() == LifeState::kDraining ? 1 : 0);
  text.AddGauge("sluice_shards", "Threads that carry traffic.", static_cast<double>(facts.shards));
  text.AddGauge("sluice_sessions", "Sessions that are open.",
                static_cast<double>(count.sessions_accepted - count.sessions_closed));
  text.AddGauge("sluice_sessions_limit", "Sessions that may be open.",
                static_cast<double>(facts.sessions_most));
  AddCounters(count, &text);
  AddRules(gateway, &text);
  Histograms::ForEach(gateway.histograms(), [&](std::string_view name, std::string_view help,
                                                double unit, const Histogram::Counts& counts) {
    text.AddHistogram(name, help, unit, counts);
  });
  AddProcessNumbers(facts.started, &text);
  HttpResponse response;
  response.content_type = ContentTypeOf(format);
  response.body = std::move(text).Finish();
  return response;
}

}  // namespace sluice
