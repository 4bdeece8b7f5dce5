#include "tools/admin/routes.h"

#include <utility>

#include "tools/admin/resources.h"

namespace sluice {
namespace {

using A = const Asked&;
constexpr Role kComes = Role::kStranger;
constexpr Role kAudits = Role::kAuditor;
constexpr Role kSees = Role::kViewer;
constexpr Role kEnds = Role::kOperator;
constexpr Role kChanges = Role::kAdministrator;
constexpr const char* kJson = "application/json";
constexpr const char* kText = "text/plain";

// How another policy comes into force, and who is kept out.
std::vector<Route> ChangeRoutes(Administered* g) {
  // clang-format off
  return {
      {"GET", "/api/v1/config:status", kSees, {}, "", [g](A) { return AnswerConfigStatus(*g); }},
      {"GET", "/api/v1/drafts", kSees, {}, "", [g](A a) { return AnswerDrafts(*g, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts", kEnds, {}, kJson, [g](A a) { return MakeDraft(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/drafts/{id}", kSees, {}, "", [g](A a) { return AnswerDraft(*g, a); }, Lane::kLong},
      {"PATCH", "/api/v1/drafts/{id}", kEnds, {}, kJson, [g](A a) { return RenameDraft(*g, a); }, Lane::kLong},
      {"DELETE", "/api/v1/drafts/{id}", kEnds, {}, "", [g](A a) { return DeleteDraft(*g, a); }},
      {"GET", "/api/v1/drafts/{id}/config", kSees, {}, "", [g](A a) { return AnswerDraftText(*g, a); }},
      {"PUT", "/api/v1/drafts/{id}/config", kEnds, {}, kText, [g](A a) { return WriteDraftText(*g, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}:check", kSees, {}, "", [g](A a) { return CheckDraft(*g, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}:diff", kSees, {}, "", [g](A a) { return DiffDraft(*g, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}:impact", kSees, {}, kJson, [g](A a) { return AnswerImpact(*g, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}:rebase", kEnds, {}, "", [g](A a) { return RebaseDraft(*g, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}:apply", kChanges, {}, kJson, [g](A a) { return ApplyDraft(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/pending", kSees, {}, "", [g](A) { return AnswerPending(*g); }},
      {"POST", "/api/v1/pending:confirm", kChanges, {}, "", [g](A a) { return ConfirmPending(*g, a); }, Lane::kLong},
      {"POST", "/api/v1/pending:rollback", kChanges, {}, "", [g](A a) { return RollBackPending(*g, a); }, Lane::kLong},
      {"POST", "/api/v1/pending:extend", kChanges, {}, kJson, [g](A a) { return ExtendPending(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/revisions", kSees, {"limit", "before"}, "", [g](A a) { return AnswerRevisions(*g, a); }},
      {"GET", "/api/v1/revisions/{number}", kSees, {}, "", [g](A a) { return AnswerRevision(*g, a); }},
      {"GET", "/api/v1/revisions/{number}:diff", kSees, {"to"}, "", [g](A a) { return DiffRevision(*g, a); }, Lane::kLong},
      {"POST", "/api/v1/revisions/{number}:restore", kChanges, {}, "", [g](A a) { return RestoreRevision(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/locks", kSees, {}, "", [g](A) { return AnswerLocks(*g); }},
      {"POST", "/api/v1/locks", kEnds, {}, kJson, [g](A a) { return AddLock(*g, a); }, Lane::kLong},
      {"DELETE", "/api/v1/locks/{id}", kEnds, {}, "", [g](A a) { return RemoveLock(*g, a); }, Lane::kLong},
  };
  // clang-format on
}

// The configuration entry by entry, in force and in drafts: the same for each part of it.
std::vector<Route> EntryRoutes(Administered* g) {
  // clang-format off
  return {
      {"GET", "/api/v1/config/rules", kSees, {"draft"}, "", [g](A a) { return AnswerConfigEntries(*g, ConfigPart::kRule, a); }, Lane::kLong},
      {"GET", "/api/v1/config/sets", kSees, {"draft"}, "", [g](A a) { return AnswerConfigEntries(*g, ConfigPart::kSet, a); }, Lane::kLong},
      {"GET", "/api/v1/config/users", kSees, {"draft"}, "", [g](A a) { return AnswerConfigEntries(*g, ConfigPart::kUser, a); }, Lane::kLong},
      {"GET", "/api/v1/config/groups", kSees, {"draft"}, "", [g](A a) { return AnswerConfigEntries(*g, ConfigPart::kGroup, a); }, Lane::kLong},
      {"GET", "/api/v1/config/tests", kSees, {"draft"}, "", [g](A a) { return AnswerConfigEntries(*g, ConfigPart::kTest, a); }, Lane::kLong},
      {"GET", "/api/v1/config/settings", kSees, {"draft"}, "", [g](A a) { return AnswerSettings(*g, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}/rules", kEnds, {}, kJson, [g](A a) { return AddDraftEntry(*g, ConfigPart::kRule, a); }, Lane::kLong},
      {"PUT", "/api/v1/drafts/{id}/rules/{name}", kEnds, {}, kJson, [g](A a) { return PutDraftEntry(*g, ConfigPart::kRule, a); }, Lane::kLong},
      {"DELETE", "/api/v1/drafts/{id}/rules/{name}", kEnds, {}, "", [g](A a) { return RemoveDraftEntry(*g, ConfigPart::kRule, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}/rules/{name}:move", kEnds, {}, kJson, [g](A a) { return MoveDraftEntry(*g, ConfigPart::kRule, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}/sets", kEnds, {}, kJson, [g](A a) { return AddDraftEntry(*g, ConfigPart::kSet, a); }, Lane::kLong},
      {"PUT", "/api/v1/drafts/{id}/sets/{name}", kEnds, {}, kJson, [g](A a) { return PutDraftEntry(*g, ConfigPart::kSet, a); }, Lane::kLong},
      {"DELETE", "/api/v1/drafts/{id}/sets/{name}", kEnds, {}, "", [g](A a) { return RemoveDraftEntry(*g, ConfigPart::kSet, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}/sets/{name}:move", kEnds, {}, kJson, [g](A a) { return MoveDraftEntry(*g, ConfigPart::kSet, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}/users", kEnds, {}, kJson, [g](A a) { return AddDraftEntry(*g, ConfigPart::kUser, a); }, Lane::kLong},
      {"PUT", "/api/v1/drafts/{id}/users/{name}", kEnds, {}, kJson, [g](A a) { return PutDraftEntry(*g, ConfigPart::kUser, a); }, Lane::kLong},
      {"DELETE", "/api/v1/drafts/{id}/users/{name}", kEnds, {}, "", [g](A a) { return RemoveDraftEntry(*g, ConfigPart::kUser, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}/users/{name}:move", kEnds, {}, kJson, [g](A a) { return MoveDraftEntry(*g, ConfigPart::kUser, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}/groups", kEnds, {}, kJson, [g](A a) { return AddDraftEntry(*g, ConfigPart::kGroup, a); }, Lane::kLong},
      {"PUT", "/api/v1/drafts/{id}/groups/{name}", kEnds, {}, kJson, [g](A a) { return PutDraftEntry(*g, ConfigPart::kGroup, a); }, Lane::kLong},
      {"DELETE", "/api/v1/drafts/{id}/groups/{name}", kEnds, {}, "", [g](A a) { return RemoveDraftEntry(*g, ConfigPart::kGroup, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}/groups/{name}:move", kEnds, {}, kJson, [g](A a) { return MoveDraftEntry(*g, ConfigPart::kGroup, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}/tests", kEnds, {}, kJson, [g](A a) { return AddDraftEntry(*g, ConfigPart::kTest, a); }, Lane::kLong},
      {"PUT", "/api/v1/drafts/{id}/tests/{name}", kEnds, {}, kJson, [g](A a) { return PutDraftEntry(*g, ConfigPart::kTest, a); }, Lane::kLong},
      {"DELETE", "/api/v1/drafts/{id}/tests/{name}", kEnds, {}, "", [g](A a) { return RemoveDraftEntry(*g, ConfigPart::kTest, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}/tests/{name}:move", kEnds, {}, kJson, [g](A a) { return MoveDraftEntry(*g, ConfigPart::kTest, a); }, Lane::kLong},
      {"POST", "/api/v1/drafts/{id}/rules/{name}:enable", kEnds, {}, kJson, [g](A a) { return EnableDraftRule(*g, a); }, Lane::kLong},
      {"PATCH", "/api/v1/drafts/{id}/settings", kEnds, {}, kJson, [g](A a) { return PatchDraftSettings(*g, a); }, Lane::kLong},
  };
  // clang-format on
}

// Who may come in, and who has.
std::vector<Route> EntranceRoutes(Administered* g) {
  // clang-format off
  return {
      {"GET", "/api/v1/admins", kChanges, {}, "", [g](A) { return AnswerAdministrators(*g); }},
      {"POST", "/api/v1/admins", kChanges, {}, kJson, [g](A a) { return AddAdministrator(*g, a); }, Lane::kLong},
      {"PUT", "/api/v1/admins/{name}", kChanges, {}, kJson, [g](A a) { return ChangeAdministrator(*g, a); }, Lane::kLong},
      {"DELETE", "/api/v1/admins/{name}", kChanges, {}, "", [g](A a) { return DeleteAdministrator(*g, a); }},
      {"GET", "/api/v1/tokens", kChanges, {}, "", [g](A) { return AnswerTokens(*g); }},
      {"POST", "/api/v1/tokens", kChanges, {}, kJson, [g](A a) { return AddToken(*g, a); }},
      {"DELETE", "/api/v1/tokens/{id}", kChanges, {}, "", [g](A a) { return DeleteToken(*g, a); }},
  };
  // clang-format on
}

}  // namespace

std::vector<Route> RoutesTo(Administered& gateway) {
  Administered* const g = &gateway;
  const std::vector<std::string_view> page = {"filter", "limit", "cursor", "format"};
  const std::vector<std::string_view> log = {"filter", "from", "to", "limit", "cursor", "format"};
  const std::vector<std::string_view> report = {"filter", "from", "to", "limit", "format"};
  const std::vector<std::string_view> top = {"by", "filter", "from", "to", "limit", "format"};
  // clang-format off
  std::vector<Route> routes = {
      {"GET", "/", kComes, {}, "", [](A a) { return AnswerConsole(a); }},
      {"GET", "/assets/{name}", kComes, {}, "", [](A a) { return AnswerConsole(a); }},
      {"GET", "/livez", kComes, {}, "", [](A) { return AnswerLive(); }},
      {"GET", "/readyz", kComes, {}, "", [g](A) { return AnswerReady(*g); }},
      {"GET", "/metrics", kSees, {}, "", [g](A a) { return AnswerMetrics(*g, a); }},
      {"GET", "/api/v1/openapi.json", kSees, {}, "", [](A) { return AnswerOpenApi(); }},
      {"GET", "/api/v1/me", kAudits, {}, "", [g](A a) { return AnswerMe(*g, a); }},
      {"POST", "/api/v1/sign-in:link", kSees, {}, "", [g](A a) { return MakeSignInLink(*g, a); }},
      {"POST", "/api/v1/sign-in", kComes, {}, kJson, [g](A a) { return AnswerSignIn(*g, a); }, Lane::kSignIn},
      {"POST", "/api/v1/sign-out", kAudits, {}, "", [g](A a) { return AnswerSignOut(*g, a); }},
      {"GET", "/api/v1/status", kSees, {}, "", [g](A) { return AnswerStatus(*g); }},
      {"GET", "/api/v1/events", kAudits, {"topics", "filter"}, "", [g](A a) { return AnswerEvents(*g, a); }},
      {"GET", "/api/v1/history", kSees, {}, "", [g](A) { return AnswerHistory(*g); }},
      {"GET", "/api/v1/sessions", kSees, page, "", [g](A a) { return AnswerSessions(*g, a); }},
      {"GET", "/api/v1/sessions/{name}", kSees, {}, "", [g](A a) { return AnswerSession(*g, a); }},
      {"DELETE", "/api/v1/sessions/{name}", kEnds, {"reason"}, "", [g](A a) { return EndSession(*g, a); }},
      {"POST", "/api/v1/sessions:end", kEnds, {}, kJson, [g](A a) { return EndSessions(*g, a); }},
      {"GET", "/api/v1/sessions/{name}/trace", kEnds, {}, "", [g](A a) { return AnswerTrace(*g, a); }},
      {"POST", "/api/v1/sessions/{name}:trace", kEnds, {}, "", [g](A a) { return PointTrace(*g, a); }},
      {"GET", "/api/v1/traces", kEnds, {}, "", [g](A) { return AnswerTraces(*g); }},
      {"POST", "/api/v1/traces", kEnds, {}, kJson, [g](A a) { return ArmTrap(*g, a); }},
      {"DELETE", "/api/v1/traces", kEnds, {}, "", [g](A) { return ForgetTraces(*g); }},
      {"POST", "/api/v1/explain", kSees, {}, kJson, [g](A a) { return ExplainRequest(*g, a); }},
      {"GET", "/api/v1/rules", kSees, {}, "", [g](A) { return AnswerRules(*g); }},
      {"GET", "/api/v1/warnings", kSees, {}, "", [g](A) { return AnswerWarnings(*g); }},
      {"GET", "/api/v1/config", kSees, {}, "", [g](A a) { return AnswerConfig(*g, a); }},
      {"POST", "/api/v1/config:check", kSees, {}, kText, [g](A a) { return CheckConfig(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/audit", kAudits, {"limit", "before"}, "", [g](A a) { return AnswerAudit(*g, a); }},
      {"GET", "/api/v1/audit:verify", kAudits, {}, "", [g](A) { return VerifyAudit(*g); }, Lane::kLong},
      {"POST", "/api/v1/support-bundle", kChanges, {}, "", [g](A a) { return MakeSupportBundle(*g, a); }, Lane::kLong},
      {"POST", "/api/v1/drain", kChanges, {}, "", [g](A) { return DrainGateway(*g); }},
      {"GET", "/api/v1/log", kAudits, log, "", [g](A a) { return AnswerLog(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/reports/top", kAudits, top, "", [g](A a) { return AnswerTop(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/reports/denied", kAudits, report, "", [g](A a) { return AnswerDenied(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/reports/failures", kAudits, report, "", [g](A a) { return AnswerFailures(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/reports/traffic", kAudits, report, "", [g](A a) { return AnswerTraffic(*g, a); }, Lane::kLong},
      {"GET", "/api/v1/reports/unused-rules", kAudits, {"days", "format"}, "", [g](A a) { return AnswerUnusedRules(*g, a); }},
      {"POST", "/api/v1/config:reload", kChanges, {}, "", [g](A a) { return ReloadConfig(*g, a); }, Lane::kLong},
  };
  // clang-format on
  for (Route& route : EntranceRoutes(g)) routes.push_back(std::move(route));
  for (Route& route : ChangeRoutes(g)) routes.push_back(std::move(route));
  for (Route& route : EntryRoutes(g)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace sluice
