#include "tools/sluicectl/draft.h"

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/config_text.h"
#include "tools/sluicectl/safe_text.h"

namespace sluice {

namespace {

std::string PathOf(const Json& draft) {
  return absl::StrCat("drafts/", PathSegment(TextOf(draft, "id")));
}

bool IsDraftName(const std::string& word) {
  return word.size() > 1 && word[0] == 'd' &&
         word.find_first_not_of("0123456789", 1) == std::string::npos;
}

}  // namespace

absl::StatusOr<Json> MakeDraft(Errand& errand, const std::string& name) {
  return AskJson(errand.door, Post("drafts", {{"name", name}, {"from", "in-force"}}));
}

absl::Status ApplyDraft(Errand& errand, const std::string& what, const Json& draft) {
  Json order = {{"message", errand.arguments.Has("message") ? errand.arguments.Get("message")
                                                            : "sluicectl " + what}};
  if (errand.arguments.Has("confirm")) order["confirm_within"] = errand.arguments.Get("confirm");
  if (errand.arguments.Has("end-refused")) order["end_refused"] = true;
  if (errand.arguments.Has("override-tests"))
    order["override_tests"] = errand.arguments.Get("override-tests");
  Question question = Post(PathOf(draft) + ":apply", order);
  question.if_match = TextOf(draft, "etag");
  errand.door.Doing("applying");
  const absl::StatusOr<Json> applied = AskJson(errand.door, question);
  if (!applied.ok()) return applied.status();
  const bool pending = FieldOf(*applied, "pending").is_object();
  errand.ShowScreen(
      absl::StrCat("in force: generation ", NumberOf(*applied, "generation"),
                   pending ? ", until it is confirmed or taken back: sluicectl confirm" : "", "\n"),
      *applied, {"revision", "generation", "ended"}, Json::array({*applied}));
  return absl::OkStatus();
}

void DropDraft(Errand& errand, const Json& draft) {
  AskText(errand.door, {.method = "DELETE", .path = "/api/v1/" + PathOf(draft)}).IgnoreError();
}

absl::StatusOr<Json> DraftOf(Errand& errand, const char* verb, const std::string& word, bool* own) {
  *own = !IsDraftName(word);
  if (!*own) return AskJson(errand.door, Get("drafts/" + PathSegment(word)));
  absl::StatusOr<std::string> text = ReadConfigText(verb, word, errand.desk.in);
  if (!text.ok()) return text.status();
  const absl::StatusOr<Json> draft = MakeDraft(errand, verb);
  if (!draft.ok()) return draft.status();
  absl::StatusOr<Json> put = AskJson(errand.door, {.method = "PUT",
                                                   .path = "/api/v1/" + PathOf(*draft) + "/config",
                                                   .type = "text/plain",
                                                   .body = *std::move(text),
                                                   .if_match = TextOf(*draft, "etag")});
  if (!put.ok()) DropDraft(errand, *draft);
  return put;
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
    const absl::Status applied = after.ok() ? ApplyDraft(errand, what, *after) : after.status();
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
