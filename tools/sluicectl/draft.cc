#include "tools/sluicectl/draft.h"

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/safe_text.h"

namespace sluice {

namespace {

std::string PathOf(const Json& draft) {
  return absl::StrCat("drafts/", PathSegment(TextOf(draft, "id")));
}

absl::Status Apply(Errand& errand, const std::string& what, const Json& draft) {
  Json order = {{"message", errand.arguments.Has("message") ? errand.arguments.Get("message")
                                                            : "sluicectl " + what}};
  if (errand.arguments.Has("confirm")) order["confirm_within"] = errand.arguments.Get("confirm");
  Question question = Post(PathOf(draft) + ":apply", order);
  question.if_match = TextOf(draft, "etag");
  errand.door.Doing("applying");
  const absl::StatusOr<Json> applied = AskJson(errand.door, question);
  if (!applied.ok()) return applied.status();
  const bool pending = FieldOf(*applied, "pending").is_object();
  errand.ShowScreen(
      absl::StrCat("in force: generation ", NumberOf(*applied, "generation"),
                   pending ? ", until it is confirmed or taken back: sluicectl confirm" : "", "\n"),
      *applied, {"revision", "generation"}, Json::array({*applied}));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Json> MakeDraft(Errand& errand, const std::string& name) {
  return AskJson(errand.door, Post("drafts", {{"name", name}, {"from", "in-force"}}));
}

void DropDraft(Errand& errand, const Json& draft) {
  AskText(errand.door, {.method = "DELETE", .path = "/api/v1/" + PathOf(draft)}).IgnoreError();
}

absl::Status ChangeDraft(Errand& errand, const std::string& what,
                         absl::FunctionRef<absl::StatusOr<Question>(const std::string&)> change) {
  const std::string named = errand.arguments.Get("draft");
  const absl::StatusOr<Json> draft =
      named.empty() ? MakeDraft(errand, what)
                    : AskJson(errand.door, Get("drafts/" + PathSegment(named)));
  if (!draft.ok()) return draft.status();
  const auto changed = [&]() -> absl::StatusOr<Json> {
    absl::StatusOr<Question> question = change(TextOf(*draft, "id"));
    if (!question.ok()) return question.status();
    question->if_match = TextOf(*draft, "etag");
    return AskJson(errand.door, *question);
  };
  const absl::StatusOr<Json> after = changed();
  if (named.empty()) {
    const absl::Status applied = after.ok() ? Apply(errand, what, *after) : after.status();
    if (!applied.ok()) DropDraft(errand, *draft);
    return applied;
  }
  if (!after.ok()) return after.status();
  errand.ShowScreen(
      absl::StrCat("draft ", SafeText(TextOf(*after, "id")), ": ", NumberOf(*after, "changes"),
                   " changed, ", NumberOf(*after, "problems"), " wrong\n"),
      *after, {"id", "name", "changes", "problems", "etag"}, Json::array({*after}));
  return absl::OkStatus();
}

}  // namespace sluice
