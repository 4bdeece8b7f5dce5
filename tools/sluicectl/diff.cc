// diff: what a configuration says differently from the one in force.

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/config_text.h"
#include "tools/sluicectl/draft.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

std::string ChangeLines(const Json& changes) {
  std::string lines;
  for (const Json& change : changes)
    absl::StrAppend(&lines, SafeText(TextOf(change, "text")), "\n");
  return lines;
}

absl::StatusOr<Json> Compare(Errand& errand, const Json& draft, std::string text) {
  const std::string path = absl::StrCat("drafts/", PathSegment(TextOf(draft, "id")));
  const absl::StatusOr<Json> put = AskJson(errand.door, {.method = "PUT",
                                                         .path = "/api/v1/" + path + "/config",
                                                         .type = "text/plain",
                                                         .body = std::move(text),
                                                         .if_match = TextOf(draft, "etag")});
  if (!put.ok()) return put.status();
  return AskJson(errand.door, Post(path + ":diff"));
}

}  // namespace

absl::Status RunDiff(Errand& errand) {
  absl::StatusOr<std::string> text =
      ReadConfigText("diff", errand.arguments.words[0], errand.desk.in);
  if (!text.ok()) return text.status();
  const absl::StatusOr<Json> draft = MakeDraft(errand, "diff");
  if (!draft.ok()) return draft.status();
  const absl::StatusOr<Json> answer = Compare(errand, *draft, *std::move(text));
  DropDraft(errand, *draft);
  if (!answer.ok()) return answer.status();
  const Json& changes = ListOf(*answer, "changes");
  std::string screen = ChangeLines(changes);
  if (errand.arguments.Has("text")) screen = SafeLines(TextOf(*answer, "text"));
  if (screen.empty()) errand.desk.err << "no difference\n";
  errand.ShowScreen(screen, *answer, {"kind", "op", "name", "from", "before", "after", "text"},
                    changes);
  return absl::OkStatus();
}

}  // namespace sluice
