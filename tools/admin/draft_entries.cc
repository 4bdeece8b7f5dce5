// Edits of a draft, entry by entry: what forms send. Each answers with the draft as it is then, and
// its new ETag.

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "tools/admin/draft_edits.h"
#include "tools/admin/json.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

using Edit = std::function<absl::StatusOr<std::string>(std::string_view text, const Json& body)>;

HttpResponse Refusal(const absl::Status& status) {
  const int code = absl::IsNotFound(status)          ? 404
                   : absl::IsAborted(status)         ? 412
                   : absl::IsInvalidArgument(status) ? 400
                                                     : 409;
  return Problem(code, std::string(status.message()));
}

HttpResponse EditDraft(Administered& gateway, const Asked& asked, const Edit& edit) {
  if (auto fault = FaultOfMatch(asked); fault.has_value()) return *std::move(fault);
  Json body = Json::object();
  if (!asked.request.body.empty()) {
    absl::StatusOr<Json> parsed = ParseJsonObject(asked.request.body);
    if (!parsed.ok()) return Refusal(parsed.status());
    body = *std::move(parsed);
  }
  Drafts& drafts = gateway.changes().drafts();
  const std::string& etag = asked.request.if_match;
  const absl::StatusOr<Draft> draft = drafts.Find(asked.name);
  if (!draft.ok()) return Refusal(draft.status());
  const bool is_seen = draft->etag() == etag;
  absl::StatusOr<std::string> text = is_seen ? edit(draft->text, body) : draft->text;
  if (!text.ok()) return Refusal(text.status());
  // Where it is not what was looked at, this says who has written it since.
  const absl::StatusOr<Draft> written =
      drafts.Write(asked.name, etag, *std::move(text), asked.caller.name, absl::Now());
  return written.ok() ? DraftResponse(gateway, asked, *written) : Refusal(written.status());
}

std::string EntryOf(const Asked& asked) { return std::string(asked.names[1]); }

}  // namespace

HttpResponse AddDraftEntry(Administered& gateway, ConfigPart part, const Asked& asked) {
  return EditDraft(gateway, asked, [&](std::string_view text, const Json& body) {
    return AddEntry(text, part, body);
  });
}

HttpResponse PutDraftEntry(Administered& gateway, ConfigPart part, const Asked& asked) {
  return EditDraft(gateway, asked, [&](std::string_view text, const Json& body) {
    return PutEntry(text, part, EntryOf(asked), body);
  });
}

HttpResponse RemoveDraftEntry(Administered& gateway, ConfigPart part, const Asked& asked) {
  return EditDraft(gateway, asked, [&](std::string_view text, const Json&) {
    return RemoveEntry(text, part, EntryOf(asked));
  });
}

HttpResponse MoveDraftEntry(Administered& gateway, ConfigPart part, const Asked& asked) {
  return EditDraft(gateway, asked, [&](std::string_view text, const Json& body) {
    return MoveEntry(text, part, EntryOf(asked), body);
  });
}

HttpResponse EnableDraftRule(Administered& gateway, const Asked& asked) {
  return EditDraft(gateway, asked, [&](std::string_view text, const Json& body) {
    return EnableRule(text, EntryOf(asked), body);
  });
}

HttpResponse PatchDraftSettings(Administered& gateway, const Asked& asked) {
  return EditDraft(gateway, asked, [](std::string_view text, const Json& body) {
    return PatchSettings(text, body);
  });
}

}  // namespace sluice
