#include "tools/admin/routes.h"

#include "tools/admin/resources.h"

namespace sluice {

std::vector<Route> RoutesTo(Administered& gateway) {
  Administered* const g = &gateway;
  using A = const Asked&;
  constexpr Role kComes = Role::kStranger;
  constexpr Role kAudits = Role::kAuditor;
  constexpr Role kSees = Role::kViewer;
  constexpr Role kEnds = Role::kOperator;
  constexpr Role kChanges = Role::kAdministrator;
  const std::vector<std::string_view> page = {"filter", "limit", "cursor", "format"};
  const std::vector<std::string_view> log = {"filter", "from", "to", "limit", "cursor", "format"};
  const std::vector<std::string_view> report = {"filter", "from", "to", "limit", "format"};
  const std::vector<std::string_view> top = {"by", "filter", "from", "to", "limit", "format"};
  const char* const json = "application/json";
  const char* const text = "text/plain";
  // clang-format off
  return {
      {"GET", "/", kComes, {}, "", [](A a) { return AnswerConsole(a); }},
      {"GET", "/assets/{name}", kComes, {}, "", [](A a) { return AnswerConsole(a); }},
      {"GET", "/livez", kComes, {}, "", [](A) { return AnswerLive(); }},
      {"GET", "/readyz", kComes, {}, "", [g](A) { return AnswerReady(*g); }},
      {"GET", "/metrics", kSees, {}, "", [g](A a) { return AnswerMetrics(*g, a); }},
      {"GET", "/api/v1/openapi.json", kSees, {}, "", [](A) { return AnswerOpenApi(); }},
      {"GET", "/api/v1/me", kAudits, {}, "", [g](A a) { return AnswerMe(*g, a); }},
      {"POST", "/api/v1/sign-in:link", kSees, {}, "", [g](A a) { return MakeSignInLink(*g, a); }},
      {"POST", "/api/v1/sign-in", kComes, {}, json, [g](A a) { return AnswerSignIn(*g, a); }, Lane::kSignIn},
      {"POST", "/api/v1/sign-out", kAudits, {}, "", [g](A a) { return AnswerSignOut(*g, a); }},
      {"GET", "/api/v1/status", kSees, {}, "", [g](A) { return AnswerStatus(*g); }},
      {"GET", "/api/v1/sessions", kSees, page, "", [g](A a) { return AnswerSessions(*g, a); }},
      {"GET", "/api/v1/sessions/{name}", kSees, {}, "", [g](A a) { return AnswerSession(*g, a); }},
      {"DELETE", "/api/v1/sessions/{name}", kEnds, {"reason"}, "", [g](A a) { return EndSession(*g, a); }},
      {"POST", "/api/v1/sessions:end", kEnds, {}, json, [g](A a) { return EndSessions(*g, a); }},
      {"POST", "/api/v1/explain", kSees, {}, json, [g](A a) { return ExplainRequest(*g, a); }},
      {"GET", "/api/v1/rules", kSees, {}, "", [g](A) { return AnswerRules(*g); }},
      {"GET", "/api/v1/warnings", kSees, {}, "", [g](A) { return AnswerWarnings(*g); }},
      {"GET", "/api/v1/config", kSees, {}, "", [g](A a) { return AnswerConfig(*g, a); }},
      {"GET", "/api/v1/config/rules", kSees, {}, "", [g](A a) { return AnswerConfigEntries(*g, ConfigPart::kRule, a); }},
      {"GET", "/api/v1/config/sets", kSees, {}, "", [g](A a) { return AnswerConfigEntries(*g, ConfigPart::kSet, a); }},
      {"GET", "/api/v1/config/users", kSees, {}, "", [g](A a) { return AnswerConfigEntries(*g, ConfigPart::kUser, a); }},
      {"GET", "/api/v1/config/groups", kSees, {}, "", [g](A a) { return AnswerConfigEntries(*g, ConfigPart::kGroup, a); }},
      {"GET", "/api/v1/config/tests", kSees, {}, "", [g](A a) { return AnswerConfigEntries(*g, ConfigPart::kTest, a); }},
      {"GET", "/api/v1/config/settings", kSees, {}, "", [g](A a) { return AnswerSettings(*g, a); }},
      {"POST", "/api/v1/config:check", kSees, {}, text, [g](A a) { return CheckConfig(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/audit", kAudits, {"limit", "before"}, "", [g](A a) { return AnswerAudit(*g, a); }},
      {"GET", "/api/v1/audit:verify", kAudits, {}, "", [g](A) { return VerifyAudit(*g); }, Lane::kLong},
      {"GET", "/api/v1/log", kAudits, log, "", [g](A a) { return AnswerLog(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/reports/top", kAudits, top, "", [g](A a) { return AnswerTop(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/reports/denied", kAudits, report, "", [g](A a) { return AnswerDenied(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/reports/failures", kAudits, report, "", [g](A a) { return AnswerFailures(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/reports/traffic", kAudits, report, "", [g](A a) { return AnswerTraffic(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/reports/unused-rules", kAudits, {"days", "format"}, "", [g](A a) { return AnswerUnusedRules(*g, a); }},
      {"POST", "/api/v1/config:reload", kChanges, {}, "", [g](A a) { return ReloadConfig(*g, a); }, Lane::kLong},
  };
  // clang-format on
}

}  // namespace sluice
