// What a draft would do: each live session is asked about, as the end of refused sessions asks, and
// the requests of the last hours, of what is in force and of the draft. On the thread of handlers;
// shards only list their sessions.

#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "relay/log/calendar_time.h"
#include "relay/now_refused.h"
#include "tools/admin/bounds.h"
#include "tools/admin/config_answer.h"
#include "tools/admin/json_fields.h"
#include "tools/admin/log_rows.h"
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

// What a request of the log asked, by name and by the address that was dialled.
std::optional<PolicyRequest> LoggedQuestion(const AccessRecord& record) {
  if (!record.requested) return std::nullopt;
  PolicyRequest asked;
  asked.client = record.client;
  asked.user = record.user.view();
  asked.proof = ProofOf(record.auth, record.user.view());
  asked.command = static_cast<PolicyCommand>(static_cast<int>(record.command) - 1);
  if (record.command == Command::kUdpAssociate) {  // that it may be, as when it was asked
    asked.address_known = true;
    return asked;
  }
  asked.name = record.name.view();
  asked.port = record.requested_address.port;
  asked.address_known = record.dialled || asked.name.empty();
  asked.address = record.dialled ? record.target.address : record.requested_address.address;
  return asked;
}

// A name without an address is let through where one could be.
bool Allows(const Snapshot& snapshot, const PolicyRequest& asked) {
  PolicyRequest by_name = asked;
  by_name.address_known = false;
  if (!asked.name.empty() && snapshot.Decide(by_name).verdict == Verdict::kDeny) return false;
  return !asked.address_known || snapshot.Decide(asked).verdict != Verdict::kDeny;
}

Json RequestsImpact(Administered& gateway, const Snapshot& candidate, int64_t hours) {
  if (!gateway.store().state().durable) return nullptr;
  size_t asked = 0, refused = 0, allowed = 0, seen = 0;
  bool truncated = false;
  Json list = Json::array();
  const absl::Time now = absl::Now();
  const LogRange range{.from = now - absl::Hours(hours), .to = now};
  absl::Status read;
  gateway.AskPolicy([&](const LoadedConfig&, const Snapshot& in_force) {
    read = gateway.store().ForEachRequest(range, [&](const LoggedRequest& request) {
      truncated = ++seen > admin_bounds::kImpactRequestsMost;
      if (truncated) return false;
      const std::optional<PolicyRequest> question = LoggedQuestion(request.record);
      if (!question.has_value()) return true;
      asked += request.weight;
      const bool was = Allows(in_force, *question), is = Allows(candidate, *question);
      if (was == is) return true;
      (was ? refused : allowed) += request.weight;
      if (list.size() >= admin_bounds::kImpactListed) return true;
      Json shown = RequestJson(request);
      shown["becomes"] = was ? "refused" : "allowed";
      list.push_back(std::move(shown));
      return true;
    });
  });
  if (!read.ok()) return nullptr;
  return {{"asked", asked},          {"refused", refused},
          {"allowed", allowed},      {"from", CalendarTime(range.from)},
          {"to", CalendarTime(now)}, {"truncated", truncated},
          {"list", std::move(list)}};
}

}  // namespace

HttpResponse AnswerImpact(Administered& gateway, const Asked& asked) {
  const absl::Time begun = absl::Now();
  JsonFields fields(asked.request.body);
  const int64_t hours = fields.Number("hours", 1, 24 * 31).value_or(24);
  if (absl::Status status = fields.Finish(); !status.ok())
    return Problem(400, std::string(status.message()));
  const absl::StatusOr<Draft> draft = gateway.changes().drafts().Find(asked.name);
  if (!draft.ok()) return Problem(404, std::string(draft.status().message()));
  const CheckOutcome outcome = gateway.Check(draft->text, asked.caller.reads_all_files);
  if (outcome.snapshot == nullptr) return Unfit(outcome.status, FileOf(*gateway.config()));
  Json json;
  json["sessions"] = SessionsImpact(gateway, *outcome.snapshot);
  json["requests"] = RequestsImpact(gateway, *outcome.snapshot, hours);
  json["took_ms"] = absl::ToInt64Milliseconds(absl::Now() - begun);
  return JsonResponse(json);
}

}  // namespace sluice
