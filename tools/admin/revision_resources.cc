// Revisions: every text that was in force, who brought it there and why, and the way back to one.

#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "relay/log/calendar_time.h"
#include "tools/admin/paging.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

Json RevisionJson(const Revision& revision, const ConfigFileState& file) {
  return {{"number", revision.number},
          {"at", CalendarTime(revision.at)},
          {"author", revision.author},
          {"from", revision.from},
          {"message", revision.message},
          {"sha256", revision.sha256},
          {"in_force", revision.number == file.revision && revision.sha256 == file.sha256}};
}

absl::StatusOr<Revision> Find(Administered& gateway, std::string_view word) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(std::string(word), &number) || number < 1) {
    return absl::NotFoundError(
        "expected the number of a revision, found another word; GET /api/v1/revisions lists them");
  }
  return gateway.store().GetRevision(number);
}

}  // namespace

HttpResponse AnswerRevisions(Administered& gateway, const Asked& asked) {
  const absl::StatusOr<NumberedPage> page = ReadNumberedPage(asked.target);
  if (!page.ok()) return Problem(400, std::string(page.status().message()));
  const absl::StatusOr<std::vector<Revision>> found =
      gateway.store().ListRevisions(page->before, page->limit);
  if (!found.ok()) return StoreProblem(found.status());
  const ConfigFileState file = gateway.changes().file();
  Json revisions = Json::array();
  for (const Revision& revision : *found) revisions.push_back(RevisionJson(revision, file));
  const bool more = found->size() == page->limit && found->back().number > 1;
  return JsonResponse(Json{{"revisions", std::move(revisions)},
                           {"next", more ? Json(found->back().number) : Json(nullptr)}});
}

HttpResponse AnswerRevision(Administered& gateway, const Asked& asked) {
  const absl::StatusOr<Revision> revision = Find(gateway, asked.name);
  if (!revision.ok()) return StoreProblem(revision.status());
  Json json = RevisionJson(*revision, gateway.changes().file());
  json["text"] = revision->text;
  return JsonResponse(json);
}

HttpResponse RestoreRevision(Administered& gateway, const Asked& asked) {
  const absl::StatusOr<Revision> revision = Find(gateway, asked.name);
  if (!revision.ok()) return StoreProblem(revision.status());
  return AddDraft(gateway, asked, "revision", revision->number, "");
}

HttpResponse DiffRevision(Administered& gateway, const Asked& asked) {
  const absl::StatusOr<Revision> before = Find(gateway, asked.name);
  if (!before.ok()) return StoreProblem(before.status());
  const std::string_view to = asked.target.Query("to");
  if (to.empty()) {
    return JsonResponse(DiffJson(before->text, gateway.config()->text,
                                 absl::StrCat("revision ", before->number), "in force"));
  }
  const absl::StatusOr<Revision> after = Find(gateway, to);
  if (!after.ok()) return StoreProblem(after.status());
  return JsonResponse(DiffJson(before->text, after->text, absl::StrCat("revision ", before->number),
                               absl::StrCat("revision ", after->number)));
}

}  // namespace sluice
