// The configuration: the text in force, its rules, what would become of another text, and reading
// it again.

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "glog/logging.h"
#include "policy/config_errors.h"
#include "policy/warnings.h"
#include "relay/log/calendar_time.h"
#include "tools/admin/json.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

// What is wrong, each in its place. A fault without a place stands in "found" as it is.
Json ProblemsJson(const absl::Status& status, const std::string& file) {
  Json problems = Json::array();
  for (const ConfigProblem& problem : ProblemsOf(status)) {
    problems.push_back({{"file", problem.file},
                        {"line", problem.at.line},
                        {"column", problem.at.column},
                        {"expected", problem.complaint.expected},
                        {"found", problem.complaint.found},
                        {"hint", problem.complaint.advice}});
  }
  if (problems.empty() && !status.ok()) {
    problems.push_back({{"file", file},
                        {"line", nullptr},
                        {"column", nullptr},
                        {"expected", "a configuration that can come into force"},
                        {"found", std::string(status.message())},
                        {"hint", ""}});
  }
  return problems;
}

Json WarningsJson(const std::vector<Warning>& warnings, const std::string& file) {
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  Json json = Json::array();
  for (const Warning& warning : warnings) {
    json.push_back({{"kind", WarningWord(warning.kind)},
                    {"rule", text_or_null(warning.rule)},
                    {"other", text_or_null(warning.other)},
                    {"file", file},
                    {"line", warning.at.line},
                    {"column", warning.at.column},
                    {"message", warning.message}});
  }
  return json;
}

std::string FileOf(const LoadedConfig& config) {
  return config.path.empty() ? "sluice.toml (built in)" : config.path;
}

Json TimeOrNull(absl::Time time) {
  const bool known = time != absl::InfiniteFuture() && time != absl::InfinitePast();
  return known ? Json(CalendarTime(time)) : Json(nullptr);
}

// Changes with every text that comes into force, and with what its lists were then.
std::string TagOf(const LoadedConfig& config) {
  return absl::StrCat("\"", config.generation, "-", absl::ToUnixMicros(config.loaded), "\"");
}

}  // namespace

HttpResponse AnswerConfig(const Administered& gateway, const Asked& asked) {
  const std::shared_ptr<const LoadedConfig> config = gateway.config();
  HttpResponse response;
  response.content_type = "text/plain; charset=utf-8";
  response.headers.emplace_back("ETag", TagOf(*config));
  if (asked.request.if_none_match == TagOf(*config)) {
    response.status = 304;
  } else {
    response.body = config->text;
  }
  return response;
}

HttpResponse AnswerRules(const Administered& gateway) {
  const std::shared_ptr<const LoadedConfig> config = gateway.config();
  const auto counted = gateway.CountRules();
  Json rules = Json::array();
  int number = 0;
  for (const Rule& rule : config->config.rules) {
    const bool expires = rule.expires != absl::InfiniteFuture();
    const auto found = counted.find(rule.name);
    const RuleCounts::Counts counts = found == counted.end() ? RuleCounts::Counts() : found->second;
    rules.push_back({{"number", ++number},
                     {"name", rule.name},
                     {"verdict", rule.verdict == Verdict::kAllow ? "allow" : "deny"},
                     {"enabled", rule.enabled},
                     {"expires", expires ? Json(CalendarTime(rule.expires)) : Json(nullptr)},
                     {"comment", rule.comment},
                     {"file", FileOf(*config)},
                     {"line", rule.at.line},
                     {"hits", counts.hits},
                     {"first_hit", TimeOrNull(counts.first)},
                     {"last_hit", TimeOrNull(counts.last)},
                     {"sessions", counts.sessions},
                     {"bytes_up", counts.bytes_up},
                     {"bytes_down", counts.bytes_down}});
  }
  return JsonResponse(Json{{"generation", config->generation}, {"rules", std::move(rules)}});
}

HttpResponse AnswerWarnings(const Administered& gateway) {
  const std::shared_ptr<const LoadedConfig> config = gateway.config();
  return JsonResponse(
      Json{{"warnings", WarningsJson(FindWarnings(config->config, absl::Now()), FileOf(*config))}});
}

HttpResponse CheckConfig(Administered& gateway, const Asked& asked) {
  const Caller& caller = asked.caller;
  const CheckOutcome outcome = gateway.Check(asked.request.body, caller.reads_all_files);
  Json json;
  json["ok"] = outcome.status.ok();
  json["problems"] = ProblemsJson(outcome.status, FileOf(*gateway.config()));
  json["warnings"] = WarningsJson(outcome.warnings, FileOf(*gateway.config()));
  json["tests"] = {{"passed", outcome.tests_passed}, {"failed", outcome.tests_failed}};
  return JsonResponse(json);
}

HttpResponse ReloadConfig(Administered& gateway, const Asked& asked) {
  LOG(INFO) << asked.caller.name << " asks for a reload";
  const ReloadOutcome outcome = gateway.Reload();
  if (outcome.status.ok()) return JsonResponse(Json{{"generation", outcome.generation}});
  if (absl::IsUnavailable(outcome.status) && gateway.state() == LifeState::kDraining)
    return Problem(503, std::string(outcome.status.message()));
  const std::string file = FileOf(*gateway.config());
  const Json problems = ProblemsJson(outcome.status, file);
  HttpResponse response =
      Problem(422, absl::StrCat("expected a configuration that can come into force, found ",
                                problems.size(), problems.size() == 1 ? " mistake" : " mistakes",
                                " in ", file, "; the policy from before stays in force"));
  Json json = Json::parse(response.body);
  for (const char* key : {"file", "line", "column", "expected", "found", "hint"})
    json[key] = problems.front()[key];
  json["problems"] = problems;
  response.body = JsonText(json);
  return response;
}

}  // namespace sluice
