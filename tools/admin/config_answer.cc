#include "tools/admin/config_answer.h"

#include "absl/strings/str_cat.h"
#include "policy/config_errors.h"
#include "relay/log/calendar_time.h"
#include "tools/admin/problem.h"

namespace sluice {

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

Json CheckJson(const CheckOutcome& outcome, const std::string& file) {
  Json json;
  json["ok"] = outcome.status.ok();
  json["problems"] = ProblemsJson(outcome.status, file);
  json["warnings"] = WarningsJson(outcome.warnings, file);
  json["tests"] = {{"passed", outcome.tests_passed},
                   {"failed", outcome.tests_failed},
                   {"failures", ProblemsJson(outcome.tests, file)}};
  return json;
}

HttpResponse Unfit(const absl::Status& status, const std::string& file) {
  const Json problems = ProblemsJson(status, file);
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

std::string FileOf(const LoadedConfig& config) {
  return config.path.empty() ? "sluice.toml (built in)" : config.path;
}

Json TimeOrNull(absl::Time time) {
  const bool known = time != absl::InfiniteFuture() && time != absl::InfinitePast();
  return known ? Json(CalendarTime(time)) : Json(nullptr);
}

}  // namespace sluice
