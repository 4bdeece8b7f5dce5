// What a draft would do: each live session is asked about, as the end of refused sessions asks. On
// the thread of handlers; shards only list their sessions.

#include <utility>

#include "absl/time/clock.h"
#include "relay/now_refused.h"
#include "tools/admin/bounds.h"
#include "tools/admin/config_answer.h"
#include "tools/admin/json_fields.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"
#include "tools/admin/session_answer.h"

namespace sluice {
namespace {

Json SessionsImpact(Administered& gateway, const Snapshot& candidate) {
  size_t asked = 0, refused = 0, already = 0;
  Json list = Json::array();
  gateway.AskPolicy([&](const LoadedConfig&, const Snapshot& in_force) {
    gateway.ForEachSession({}, [&](const LiveSession& session) {
      ++asked;
      const std::optional<Decision> decision = NowRefusedBy(candidate, session);
      if (!decision.has_value()) return true;
      ++refused;
      if (NowRefusedBy(in_force, session).has_value()) ++already;
      if (list.size() >= admin_bounds::kImpactListed) return true;
      Json shown = SessionJson(session.record);
      shown["refused_by"] = candidate.RuleName(decision->rule);
      list.push_back(std::move(shown));
      return true;
    });
  });
  return {{"asked", asked}, {"refused", refused}, {"refused_already", already}, {"list", list}};
}

}  // namespace

HttpResponse AnswerImpact(Administered& gateway, const Asked& asked) {
  const absl::Time begun = absl::Now();
  JsonFields fields(asked.request.body);
  fields.Number("hours", 1, 24 * 31);
  if (absl::Status status = fields.Finish(); !status.ok())
    return Problem(400, std::string(status.message()));
  const absl::StatusOr<Draft> draft = gateway.changes().drafts().Find(asked.name);
  if (!draft.ok()) return Problem(404, std::string(draft.status().message()));
  const CheckOutcome outcome = gateway.Check(draft->text, asked.caller.reads_all_files);
  if (outcome.snapshot == nullptr) return Unfit(outcome.status, FileOf(*gateway.config()));
  Json json;
  json["sessions"] = SessionsImpact(gateway, *outcome.snapshot);
  json["requests"] = nullptr;
  json["took_ms"] = absl::ToInt64Milliseconds(absl::Now() - begun);
  return JsonResponse(json);
}

}  // namespace sluice
