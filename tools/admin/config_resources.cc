// The configuration: the text in force, its rules, what would become of another text, and reading
// it again.

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "glog/logging.h"
#include "policy/warnings.h"
#include "relay/log/calendar_time.h"
#include "tools/admin/config_answer.h"
#include "tools/admin/json.h"
#include "tools/admin/lock.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

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
  // Those of locks are no rules to their administrator.
  for (const Rule& rule : absl::MakeConstSpan(config->config.rules).subspan(config->locks)) {
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
  std::vector<Warning> warnings = FindWarnings(config->config, absl::Now());
  const auto is_lock = [](const std::string& rule) {
    return rule.starts_with(AccessLock::kPrefix);
  };
  std::erase_if(warnings, [&](const Warning& warning) {
    return is_lock(warning.rule) || is_lock(warning.other);
  });
  return JsonResponse(Json{{"warnings", WarningsJson(warnings, FileOf(*config))}});
}

HttpResponse CheckConfig(Administered& gateway, const Asked& asked) {
  const Caller& caller = asked.caller;
  const CheckOutcome outcome = gateway.Check(asked.request.body, caller.reads_all_files);
  return JsonResponse(CheckJson(outcome, FileOf(*gateway.config())));
}

HttpResponse ReloadConfig(Administered& gateway, const Asked& asked) {
  LOG(INFO) << asked.caller.name << " asks for a reload";
  const ReloadOutcome outcome = gateway.Reload();
  if (outcome.status.ok()) return JsonResponse(Json{{"generation", outcome.generation}});
  if (absl::IsUnavailable(outcome.status) && gateway.state() == LifeState::kDraining)
    return Problem(503, std::string(outcome.status.message()));
  return Unfit(outcome.status, FileOf(*gateway.config()));
}

}  // namespace sluice
