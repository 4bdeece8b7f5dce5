#ifndef SLUICE_TOOLS_ADMIN_RESOURCES_H_
#define SLUICE_TOOLS_ADMIN_RESOURCES_H_

// The resources of the door, each a function from a request to its answer; which path leads to
// which is routes.cc, and docs/ADMIN.md tells what they are for. They run one at a time, on the
// thread of handlers.

#include <optional>
#include <string_view>
#include <utility>

#include "policy/toml_edit.h"
#include "tools/admin/administered.h"
#include "tools/admin/changes.h"
#include "tools/admin/http_message.h"
#include "tools/admin/json.h"
#include "tools/admin/router.h"

namespace sluice {

// --- health.cc
HttpResponse AnswerLive();
HttpResponse AnswerReady(const Administered& gateway);
// --- metrics.cc
HttpResponse AnswerMetrics(Administered& gateway, const Asked& asked);
// --- openapi.cc
HttpResponse AnswerOpenApi();
// --- status.cc
HttpResponse AnswerStatus(Administered& gateway);
// --- sign_in.cc
HttpResponse AnswerMe(Administered& gateway, const Asked& asked);
HttpResponse MakeSignInLink(Administered& gateway, const Asked& asked);
HttpResponse AnswerSignIn(Administered& gateway, const Asked& asked);
HttpResponse AnswerSignOut(Administered& gateway, const Asked& asked);
// --- accounts_resources.cc
HttpResponse AnswerAdministrators(Administered& gateway);
HttpResponse AddAdministrator(Administered& gateway, const Asked& asked);
HttpResponse ChangeAdministrator(Administered& gateway, const Asked& asked);
HttpResponse DeleteAdministrator(Administered& gateway, const Asked& asked);
HttpResponse AnswerTokens(Administered& gateway);
HttpResponse AddToken(Administered& gateway, const Asked& asked);
HttpResponse DeleteToken(Administered& gateway, const Asked& asked);
// --- events_resource.cc
HttpResponse AnswerEvents(Administered& gateway, const Asked& asked);
HttpResponse AnswerHistory(Administered& gateway);
// --- console.cc
HttpResponse AnswerConsole(const Asked& asked);
// --- sessions.cc
HttpResponse AnswerSessions(Administered& gateway, const Asked& asked);
HttpResponse AnswerSession(Administered& gateway, const Asked& asked);
HttpResponse EndSession(Administered& gateway, const Asked& asked);
HttpResponse EndSessions(Administered& gateway, const Asked& asked);
// The session called so, "1-755", if it is open; and the two numbers of such a name.
std::optional<LiveSession> FindSession(Administered& gateway, std::string_view name);
std::optional<std::pair<uint32_t, uint64_t>> SessionNumbers(std::string_view name);
// --- traces.cc
HttpResponse AnswerTraces(Administered& gateway);
HttpResponse ArmTrap(Administered& gateway, const Asked& asked);
HttpResponse ForgetTraces(Administered& gateway);
HttpResponse PointTrace(Administered& gateway, const Asked& asked);
HttpResponse AnswerTrace(Administered& gateway, const Asked& asked);
// --- explain_resource.cc
HttpResponse ExplainRequest(Administered& gateway, const Asked& asked);
// --- log.cc
HttpResponse AnswerLog(Administered& gateway, const Asked& asked);
// --- reports.cc
HttpResponse AnswerTop(Administered& gateway, const Asked& asked);
HttpResponse AnswerDenied(Administered& gateway, const Asked& asked);
HttpResponse AnswerFailures(Administered& gateway, const Asked& asked);
HttpResponse AnswerTraffic(Administered& gateway, const Asked& asked);
HttpResponse AnswerUnusedRules(Administered& gateway, const Asked& asked);
// --- support.cc
HttpResponse MakeSupportBundle(Administered& gateway, const Asked& asked);
HttpResponse DrainGateway(Administered& gateway);
// --- audit.cc
HttpResponse AnswerAudit(Administered& gateway, const Asked& asked);
HttpResponse VerifyAudit(Administered& gateway);
// --- config_resources.cc
HttpResponse AnswerConfig(const Administered& gateway, const Asked& asked);
HttpResponse AnswerRules(const Administered& gateway);
HttpResponse AnswerWarnings(const Administered& gateway);
HttpResponse CheckConfig(Administered& gateway, const Asked& asked);
HttpResponse ReloadConfig(Administered& gateway, const Asked& asked);
// --- config_entries.cc
HttpResponse AnswerConfigEntries(Administered& gateway, ConfigPart part, const Asked& asked);
HttpResponse AnswerSettings(Administered& gateway, const Asked& asked);
// --- draft_entries.cc
HttpResponse AddDraftEntry(Administered& gateway, ConfigPart part, const Asked& asked);
HttpResponse PutDraftEntry(Administered& gateway, ConfigPart part, const Asked& asked);
HttpResponse RemoveDraftEntry(Administered& gateway, ConfigPart part, const Asked& asked);
HttpResponse MoveDraftEntry(Administered& gateway, ConfigPart part, const Asked& asked);
HttpResponse EnableDraftRule(Administered& gateway, const Asked& asked);
HttpResponse PatchDraftSettings(Administered& gateway, const Asked& asked);
// --- draft_resources.cc
HttpResponse AnswerDrafts(Administered& gateway, const Asked& asked);
HttpResponse MakeDraft(Administered& gateway, const Asked& asked);
HttpResponse AnswerDraft(Administered& gateway, const Asked& asked);
HttpResponse RenameDraft(Administered& gateway, const Asked& asked);
HttpResponse DeleteDraft(Administered& gateway, const Asked& asked);
HttpResponse AnswerDraftText(Administered& gateway, const Asked& asked);
HttpResponse WriteDraftText(Administered& gateway, const Asked& asked);
HttpResponse CheckDraft(Administered& gateway, const Asked& asked);
HttpResponse DiffDraft(Administered& gateway, const Asked& asked);
HttpResponse RebaseDraft(Administered& gateway, const Asked& asked);
// From "in-force", "disk" or "revision"; 201.
HttpResponse AddDraft(Administered& gateway, const Asked& asked, const std::string& from,
                      int64_t revision, const std::string& name);
// {text, changes}
Json DiffJson(const std::string& before, const std::string& after, const std::string& before_name,
              const std::string& after_name);
// --- revision_resources.cc
HttpResponse AnswerRevisions(Administered& gateway, const Asked& asked);
HttpResponse AnswerRevision(Administered& gateway, const Asked& asked);
HttpResponse RestoreRevision(Administered& gateway, const Asked& asked);
HttpResponse DiffRevision(Administered& gateway, const Asked& asked);
// --- draft_resources.cc
// What is wrong where If-Match is missing.
std::optional<HttpResponse> FaultOfMatch(const Asked& asked);
// The draft as answers have it, with its ETag in the head.
HttpResponse DraftResponse(Administered& gateway, const Asked& asked, const Draft& draft,
                           int status = 200);
// --- impact.cc
HttpResponse AnswerImpact(Administered& gateway, const Asked& asked);
// --- change_resources.cc
HttpResponse AnswerConfigStatus(Administered& gateway);
HttpResponse ApplyDraft(Administered& gateway, const Asked& asked);
HttpResponse AnswerPending(Administered& gateway);
HttpResponse ConfirmPending(Administered& gateway, const Asked& asked);
HttpResponse RollBackPending(Administered& gateway, const Asked& asked);
HttpResponse ExtendPending(Administered& gateway, const Asked& asked);
// --- lock_resources.cc
HttpResponse AnswerLocks(Administered& gateway);
HttpResponse AddLock(Administered& gateway, const Asked& asked);
HttpResponse RemoveLock(Administered& gateway, const Asked& asked);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_RESOURCES_H_
