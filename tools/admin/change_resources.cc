// A draft comes into force: applied, then confirmed or rolled back; and where the configuration is
// kept.

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "relay/log/calendar_time.h"
#include "tools/admin/bounds.h"
#include "tools/admin/config_answer.h"
#include "tools/admin/json_fields.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

Json RevisionOrNull(int64_t revision) { return revision > 0 ? Json(revision) : Json(nullptr); }

Json PendingJson(const std::optional<PendingChange>& pending) {
  if (!pending.has_value()) return nullptr;
  return {{"draft", pending->draft},
          {"by", pending->by},
          {"message", pending->message},
          {"since", CalendarTime(pending->since)},
          {"until", CalendarTime(pending->until)},
          {"seconds_left", absl::ToDoubleSeconds(absl::Floor(pending->left, absl::Seconds(1)))},
          {"confirm_needs_new_connection", true},
          {"generation", pending->generation}};
}

// The refusal of a change.
HttpResponse Refusal(const ChangeOutcome& outcome, const std::string& file) {
  switch (outcome.fault) {
    case ChangeFault::kUnfit: return Unfit(outcome.status, file);
    case ChangeFault::kBaseMoved: return Problem(412, std::string(outcome.status.message()));
    case ChangeFault::kNoPlace:
    case ChangeFault::kStopping: return Problem(503, std::string(outcome.status.message()));
    case ChangeFault::kNone:
    case ChangeFault::kPending:
    case ChangeFault::kNotPending:
    case ChangeFault::kFileDiffers:
    case ChangeFault::kOldConnection: break;
  }
  HttpResponse refusal = Problem(409, std::string(outcome.status.message()));
  // A browser takes a connection that it has, so this one must be gone when it tries again.
  refusal.last = outcome.fault == ChangeFault::kOldConnection;
  return refusal;
}

// A span such as "2m", within bounds; zero where there is none.
absl::Duration ReadSpan(JsonFields& fields, std::string_view key) {
  const std::optional<std::string> text = fields.Text(key);
  absl::Duration span;
  if (!text.has_value()) return span;
  if (!absl::ParseDuration(*text, &span) || span < admin_bounds::kConfirmLeast ||
      span > admin_bounds::kConfirmMost) {
    fields.Fail(key, "a time such as \"2m\", from 1s to 24h", "another");
    return absl::ZeroDuration();
  }
  return span;
}

std::string ReadMessage(JsonFields& fields, std::string_view key) {
  std::string message = fields.Text(key).value_or("");
  if (message.size() > admin_bounds::kMessageBytesMax)
    fields.Fail(key, absl::StrCat("at most ", admin_bounds::kMessageBytesMax, " bytes"), "more");
  return message;
}

std::string CameFrom(const Caller& caller) {
  return caller.from.empty() ? caller.door : absl::StrCat(caller.door, " ", caller.from);
}

Json InForceJson(const ChangeOutcome& outcome) {
  return {{"revision", RevisionOrNull(outcome.revision)}, {"generation", outcome.generation}};
}

}  // namespace

HttpResponse AnswerConfigStatus(Administered& gateway) {
  const ConfigFileState file = gateway.changes().file();
  return JsonResponse(Json{{"path", file.path.empty() ? Json(nullptr) : Json(file.path)},
                           {"sha256", file.sha256},
                           {"revision", RevisionOrNull(file.revision)},
                           {"generation", gateway.config()->generation},
                           {"file_differs", file.differs},
                           {"writable", file.writable},
                           {"edit", "on"}});
}

HttpResponse ApplyDraft(Administered& gateway, const Asked& asked) {
  if (auto fault = FaultOfMatch(asked); fault.has_value()) return *std::move(fault);
  Changes& changes = gateway.changes();
  JsonFields fields(asked.request.body);
  ChangeOrder order;
  order.message = ReadMessage(fields, "message");
  order.confirm_within = ReadSpan(fields, "confirm_within");
  order.end_refused = fields.Flag("end_refused");
  order.override_tests = ReadMessage(fields, "override_tests");
  if (absl::Status status = fields.Finish(); !status.ok())
    return Problem(400, std::string(status.message()));
  absl::StatusOr<Draft> draft = changes.drafts().Find(asked.name);
  if (!draft.ok()) return Problem(404, std::string(draft.status().message()));
  if (draft->etag() != asked.request.if_match) {
    return Problem(
        412, absl::StrCat("expected the draft as If-Match says, found that ", draft->changed_by,
                          " has changed it since; read it again before you apply it"));
  }
  order.draft = *std::move(draft);
  order.by = asked.caller.name;
  order.from = CameFrom(asked.caller);
  order.reads_all_files = asked.caller.reads_all_files;
  const ChangeOutcome outcome = changes.ApplyDraft(order);
  if (outcome.fault != ChangeFault::kNone) return Refusal(outcome, FileOf(*gateway.config()));
  // There to stay: the draft has done what it was for.
  if (!outcome.pending.has_value()) (void)changes.drafts().Remove(order.draft.id);
  Json json = InForceJson(outcome);
  json["pending"] = PendingJson(outcome.pending);
  json["ended"] = outcome.ended;
  return JsonResponse(json);
}

HttpResponse AnswerPending(Administered& gateway) {
  return JsonResponse(Json{{"pending", PendingJson(gateway.changes().pending())}});
}

HttpResponse ConfirmPending(Administered& gateway, const Asked& asked) {
  Changes& changes = gateway.changes();
  const std::optional<PendingChange> pending = changes.pending();
  const ChangeOutcome outcome = changes.Confirm(asked.caller.name, CameFrom(asked.caller),
                                                asked.request.arrival.connected_at);
  if (outcome.fault != ChangeFault::kNone) return Refusal(outcome, FileOf(*gateway.config()));
  if (pending.has_value()) (void)changes.drafts().Remove(pending->draft);
  return JsonResponse(InForceJson(outcome));
}

HttpResponse RollBackPending(Administered& gateway, const Asked& asked) {
  const ChangeOutcome outcome = gateway.changes().Rollback(asked.caller.name);
  if (outcome.fault != ChangeFault::kNone) return Refusal(outcome, FileOf(*gateway.config()));
  return JsonResponse(InForceJson(outcome));
}

HttpResponse ExtendPending(Administered& gateway, const Asked& asked) {
  JsonFields fields(asked.request.body);
  const absl::Duration by = ReadSpan(fields, "by");
  if (by == absl::ZeroDuration()) fields.Fail("by", "a time such as \"2m\"", "none");
  if (absl::Status status = fields.Finish(); !status.ok())
    return Problem(400, std::string(status.message()));
  const ChangeOutcome outcome = gateway.changes().Extend(asked.caller.name, by);
  if (outcome.fault != ChangeFault::kNone) return Refusal(outcome, FileOf(*gateway.config()));
  return JsonResponse(Json{{"pending", PendingJson(outcome.pending)}});
}

}  // namespace sluice
