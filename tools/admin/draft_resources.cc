// Drafts: made, read, written, checked, compared and brought onto the present base. Whoever writes
// one says by If-Match which state of it was looked at.

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "policy/config_diff.h"
#include "policy/text_diff.h"
#include "relay/log/calendar_time.h"
#include "tools/admin/bounds.h"
#include "tools/admin/config_answer.h"
#include "tools/admin/default_settings.h"
#include "tools/admin/json_fields.h"
#include "tools/admin/line_merge.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"
#include "tools/admin/sha256.h"

namespace sluice {
namespace {

// What the draft changes, entry by entry; nothing where a text is no TOML.
Json ChangesJson(std::string_view before, std::string_view after) {
  Json changes = Json::array();
  const absl::StatusOr<ConfigDiff> diff =
      DiffConfigs({.text = before}, {.text = after}, DefaultSettings());
  if (!diff.ok()) return changes;
  const auto put = [](Json& json, const char* key, const std::string& text) {
    if (!text.empty()) json[key] = text;
  };
  for (const ConfigChange& change : diff->changes) {
    Json json = {{"kind", ChangedPartWord(change.part)},
                 {"op", ChangeWord(change.op)},
                 {"name", change.name}};
    put(json, "from", change.from);
    put(json, "before", change.before);
    put(json, "after", change.after);
    json["text"] = change.text;
    changes.push_back(std::move(json));
  }
  return changes;
}

HttpResponse Refusal(const absl::Status& status) {
  const int code = absl::IsNotFound(status)          ? 404
                   : absl::IsAborted(status)         ? 412
                   : absl::IsInvalidArgument(status) ? 400
                   : absl::IsUnavailable(status)     ? 503
                                                     : 409;
  return Problem(code, std::string(status.message()));
}

std::string PlainDiff(const Draft& draft) {
  return UnifiedDiff(draft.base.text, draft.text, "base", draft.id);
}

// By meaning; where only comments differ, or a text is no TOML, places of the text.
size_t CountChanges(const Draft& draft) {
  const size_t meant = ChangesJson(draft.base.text, draft.text).size();
  if (meant > 0) return meant;
  const std::string diff = PlainDiff(draft);
  size_t changes = 0;
  for (size_t at = diff.find("\n@@ "); at != diff.npos; at = diff.find("\n@@ ", at + 1)) ++changes;
  return changes;
}

bool IsStale(Administered& gateway, const Draft& draft) {
  const ConfigFileState file = gateway.changes().file();
  return draft.base.sha256 != (draft.base.from_disk ? file.on_disk : file.sha256);
}

Json DraftJson(Administered& gateway, const Asked& asked, const Draft& draft) {
  std::optional<size_t> problems = draft.problems;
  if (!problems.has_value()) {
    const CheckOutcome found = gateway.Check(draft.text, asked.caller.reads_all_files);
    problems = ProblemsJson(found.status, "").size();
    gateway.changes().drafts().NoteProblems(draft.id, draft.etag(), *problems);
  }
  const int64_t revision = draft.base.revision;
  return {{"id", draft.id},
          {"name", draft.name},
          {"author", draft.author},
          {"base",
           {{"revision", revision > 0 ? Json(revision) : Json(nullptr)},
            {"sha256", draft.base.sha256}}},
          {"stale", IsStale(gateway, draft)},
          {"created", CalendarTime(draft.created)},
          {"changed", CalendarTime(draft.changed)},
          {"changed_by", draft.changed_by},
          {"changes", CountChanges(draft)},
          {"problems", *problems},
          {"etag", draft.etag()}};
}

std::optional<HttpResponse> FaultOfName(const std::string& name) {
  if (name.size() <= Drafts::kNameBytesMax) return std::nullopt;
  return Problem(400, absl::StrCat("expected a name of at most ", Drafts::kNameBytesMax,
                                   " bytes, found more; shorten it"));
}

// A draft without changes yet.
absl::StatusOr<Draft> Begin(Administered& gateway, const std::string& from, int64_t revision) {
  const std::shared_ptr<const LoadedConfig> config = gateway.config();
  Changes& changes = gateway.changes();
  Draft draft;
  draft.base = {config->text, config->sha256, changes.file().revision};
  draft.text = config->text;
  if (from == "disk") {
    absl::StatusOr<std::string> text = changes.ReadDisk();
    if (!text.ok()) return absl::FailedPreconditionError(text.status().message());
    draft.name = "on disk";
    draft.base = {config->text, Sha256Of(*text), 0, /*from_disk=*/true};
    draft.text = *std::move(text);
  } else if (from == "revision") {
    absl::StatusOr<Revision> found = gateway.store().GetRevision(revision);
    if (!found.ok()) return found.status();
    draft.name = absl::StrCat("revision ", revision);
    draft.text = std::move(found->text);
  } else if (from != "in-force") {
    return absl::InvalidArgumentError(
        "expected \"from\" to be \"in-force\", \"disk\" or \"revision\", found another; write one");
  }
  return draft;
}

}  // namespace

Json DiffJson(const std::string& before, const std::string& after, const std::string& before_name,
              const std::string& after_name) {
  return {{"text", UnifiedDiff(before, after, before_name, after_name)},
          {"changes", ChangesJson(before, after)}};
}

HttpResponse DraftResponse(Administered& gateway, const Asked& asked, const Draft& draft,
                           int status) {
  HttpResponse response = JsonResponse(DraftJson(gateway, asked, draft), status);
  response.headers.emplace_back("ETag", draft.etag());
  return response;
}

HttpResponse AnswerDrafts(Administered& gateway, const Asked& asked) {
  Json drafts = Json::array();
  for (const Draft& draft : gateway.changes().drafts().List())
    drafts.push_back(DraftJson(gateway, asked, draft));
  return JsonResponse(Json{{"drafts", std::move(drafts)}});
}

HttpResponse AddDraft(Administered& gateway, const Asked& asked, const std::string& from,
                      int64_t revision, const std::string& name) {
  absl::StatusOr<Draft> begun = Begin(gateway, from, revision);
  if (!begun.ok()) return Refusal(begun.status());
  if (!name.empty()) begun->name = name;
  begun->author = asked.caller.name;
  const absl::StatusOr<Draft> draft =
      gateway.changes().drafts().Add(*std::move(begun), absl::Now());
  if (!draft.ok()) return Refusal(draft.status());
  HttpResponse response = DraftResponse(gateway, asked, *draft, 201);
  response.headers.emplace_back("Location", absl::StrCat("/api/v1/drafts/", draft->id));
  return response;
}

HttpResponse MakeDraft(Administered& gateway, const Asked& asked) {
  JsonFields fields(asked.request.body);
  const std::string name = fields.Text("name").value_or("");
  const std::string from = fields.Text("from").value_or("in-force");
  const int64_t revision = fields.Number("revision", 1, INT64_MAX).value_or(0);
  if (absl::Status status = fields.Finish(); !status.ok()) return Refusal(status);
  if (auto fault = FaultOfName(name); fault.has_value()) return *std::move(fault);
  return AddDraft(gateway, asked, from, revision, name);
}

HttpResponse AnswerDraft(Administered& gateway, const Asked& asked) {
  const absl::StatusOr<Draft> draft = gateway.changes().drafts().Find(asked.name);
  return draft.ok() ? DraftResponse(gateway, asked, *draft) : Refusal(draft.status());
}

HttpResponse RenameDraft(Administered& gateway, const Asked& asked) {
  JsonFields fields(asked.request.body);
  const std::string name = fields.Text("name").value_or("");
  if (name.empty()) fields.Fail("name", "a name", "none");
  if (absl::Status status = fields.Finish(); !status.ok()) return Refusal(status);
  if (auto fault = FaultOfName(name); fault.has_value()) return *std::move(fault);
  const absl::StatusOr<Draft> draft = gateway.changes().drafts().Rename(asked.name, name);
  return draft.ok() ? DraftResponse(gateway, asked, *draft) : Refusal(draft.status());
}

HttpResponse DeleteDraft(Administered& gateway, const Asked& asked) {
  const absl::Status status = gateway.changes().drafts().Remove(asked.name);
  return status.ok() ? JsonResponse(Json{{"deleted", std::string(asked.name)}}) : Refusal(status);
}

HttpResponse AnswerDraftText(Administered& gateway, const Asked& asked) {
  absl::StatusOr<Draft> draft = gateway.changes().drafts().Find(asked.name);
  if (!draft.ok()) return Refusal(draft.status());
  HttpResponse response;
  response.content_type = "text/plain; charset=utf-8";
  response.headers.emplace_back("ETag", draft->etag());
  if (asked.request.if_none_match == draft->etag()) {
    response.status = 304;
  } else {
    response.body = std::move(draft->text);
  }
  return response;
}

HttpResponse WriteDraftText(Administered& gateway, const Asked& asked) {
  if (auto fault = FaultOfMatch(asked); fault.has_value()) return *std::move(fault);
  const absl::StatusOr<Draft> draft = gateway.changes().drafts().Write(
      asked.name, asked.request.if_match, asked.request.body, asked.caller.name, absl::Now());
  return draft.ok() ? DraftResponse(gateway, asked, *draft) : Refusal(draft.status());
}

HttpResponse CheckDraft(Administered& gateway, const Asked& asked) {
  const absl::StatusOr<Draft> draft = gateway.changes().drafts().Find(asked.name);
  if (!draft.ok()) return Refusal(draft.status());
  const CheckOutcome outcome = gateway.Check(draft->text, asked.caller.reads_all_files);
  return JsonResponse(CheckJson(outcome, FileOf(*gateway.config())));
}

HttpResponse DiffDraft(Administered& gateway, const Asked& asked) {
  const absl::StatusOr<Draft> draft = gateway.changes().drafts().Find(asked.name);
  if (!draft.ok()) return Refusal(draft.status());
  return JsonResponse(DiffJson(draft->base.text, draft->text, "base", draft->id));
}

HttpResponse RebaseDraft(Administered& gateway, const Asked& asked) {
  Drafts& drafts = gateway.changes().drafts();
  const absl::StatusOr<Draft> draft = drafts.Find(asked.name);
  if (!draft.ok()) return Refusal(draft.status());
  const std::shared_ptr<const LoadedConfig> config = gateway.config();
  Merged merged = MergeLines(draft->base.text, draft->text, config->text);
  if (!merged.conflicts.empty()) {
    HttpResponse response = Problem(
        409, absl::StrCat("expected changes that do not touch what has come into force since, "
                          "found ",
                          merged.conflicts.size(),
                          " that do; make them in a draft of what is in force"));
    Json json = Json::parse(response.body);
    json["conflicts"] = Json::array();
    for (const MergeConflict& conflict : merged.conflicts) {
      json["conflicts"].push_back({{"line", conflict.line},
                                   {"base", conflict.base},
                                   {"draft", conflict.ours},
                                   {"in_force", conflict.theirs}});
    }
    response.body = JsonText(json);
    return response;
  }
  const absl::StatusOr<Draft> moved = drafts.Rebase(
      draft->id, draft->etag(), {config->text, config->sha256, gateway.changes().file().revision},
      std::move(merged.text), asked.caller.name, absl::Now());
  return moved.ok() ? DraftResponse(gateway, asked, *moved) : Refusal(moved.status());
}

std::optional<HttpResponse> FaultOfMatch(const Asked& asked) {
  if (!asked.request.if_match.empty()) return std::nullopt;
  return Problem(428,
                 "expected If-Match with the draft's etag, which says what you have looked at, "
                 "found none; GET the draft, and send its etag");
}

}  // namespace sluice
