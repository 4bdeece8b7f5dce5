// apply, confirm, rollback, extend, draft, impact, test, revisions, restore: how another policy
// comes into force.

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/config_text.h"
#include "tools/sluicectl/draft.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/units.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

using Side = Column::Side;

std::string PathOf(const Json& draft) {
  return absl::StrCat("drafts/", PathSegment(TextOf(draft, "id")));
}

absl::Status ShowInForce(Errand& errand, const char* done, const absl::StatusOr<Json>& answer) {
  if (!answer.ok()) return answer.status();
  errand.ShowScreen(absl::StrCat(done, ": generation ", NumberOf(*answer, "generation"), "\n"),
                    *answer, {"revision", "generation"}, Json::array({*answer}));
  return absl::OkStatus();
}

void ShowDrafts(Errand& errand, const Json& answer, const Json& drafts) {
  Table table({{"DRAFT"},
               {"NAME", Side::kLeft, false, 12},
               {"AUTHOR", Side::kLeft, false, 8},
               {"CHANGES", Side::kRight},
               {"PROBLEMS", Side::kRight},
               {"STALE"},
               {"CHANGED", Side::kLeft, false, 10}});
  for (const Json& draft : drafts) {
    table.Add({TextOf(draft, "id"), TextOf(draft, "name"), TextOf(draft, "author"),
               TextOf(draft, "changes"), TextOf(draft, "problems"),
               TrueOf(draft, "stale") ? "yes" : "no", TextOf(draft, "changed")});
  }
  errand.Show(table, answer, {"id", "name", "author", "changes", "problems", "stale", "changed"},
              drafts);
}

absl::Status WrongAction(const char* verb, const char* actions, const std::string& found) {
  return absl::InvalidArgumentError(absl::StrCat(verb, ": expected ", actions, ", found ",
                                                 SafeText(found), "; see sluicectl help ", verb));
}

std::string ImpactScreen(const Json& answer) {
  const Json& sessions = FieldOf(answer, "sessions");
  std::string screen =
      absl::StrCat("refuses ", NumberOf(sessions, "refused"), " of ",
                   Counted(NumberOf(sessions, "asked"), "open session", "open sessions"), "\n");
  for (const Json& session : ListOf(sessions, "list")) {
    absl::StrAppend(&screen, "  ", SafeText(TextOf(session, "session")), "  ",
                    SafeText(TextOf(session, "client")), " to ",
                    SafeText(TextOf(session, "destination")), ":", TextOf(session, "port"), " by ",
                    SafeText(TextOf(session, "refused_by")), "\n");
  }
  const Json& requests = FieldOf(answer, "requests");
  if (!requests.is_object()) return screen + "no log of requests is kept\n";
  absl::StrAppend(&screen, "of ",
                  Counted(NumberOf(requests, "asked"), "logged request", "logged requests"),
                  TrueOf(requests, "truncated") ? " (the newest of more)" : "", " it would refuse ",
                  NumberOf(requests, "refused"), ", and allow ", NumberOf(requests, "allowed"),
                  " that are refused now\n");
  for (const Json& request : ListOf(requests, "list")) {
    absl::StrAppend(&screen, "  ", SafeText(TextOf(request, "becomes")), "  ",
                    SafeText(TextOf(request, "client")), " to ",
                    SafeText(TextOf(request, "destination")), ":", TextOf(request, "port"), "\n");
  }
  return screen;
}

}  // namespace

absl::Status RunApply(Errand& errand) {
  bool own = false;
  const absl::StatusOr<Json> draft = DraftOf(errand, "apply", errand.arguments.words[0], &own);
  if (!draft.ok()) return draft.status();
  absl::Status applied = ApplyDraft(errand, "apply", *draft);
  if (!applied.ok() && own) DropDraft(errand, *draft);
  return applied;
}

absl::Status RunConfirm(Errand& errand) {
  return ShowInForce(errand, "confirmed", AskJson(errand.door, Post("pending:confirm")));
}

absl::Status RunRollback(Errand& errand) {
  return ShowInForce(errand, "rolled back", AskJson(errand.door, Post("pending:rollback")));
}

absl::Status RunExtend(Errand& errand) {
  const absl::StatusOr<Json> answer =
      AskJson(errand.door, Post("pending:extend", {{"by", errand.arguments.words[0]}}));
  if (!answer.ok()) return answer.status();
  const Json& pending = FieldOf(*answer, "pending");
  errand.ShowScreen(
      absl::StrCat("to be confirmed until ", SafeText(TextOf(pending, "until")), "\n"), *answer,
      {"draft", "until", "seconds_left"}, Json::array({pending}));
  return absl::OkStatus();
}

absl::Status RunDraft(Errand& errand) {
  const std::vector<std::string>& words = errand.arguments.words;
  const std::string& action = words[0];
  if (action == "list" && words.size() == 1) {
    const absl::StatusOr<Json> answer = AskJson(errand.door, Get("drafts"));
    if (!answer.ok()) return answer.status();
    ShowDrafts(errand, *answer, ListOf(*answer, "drafts"));
    return absl::OkStatus();
  }
  if (action == "new" && words.size() <= 2) {
    const std::string from =
        errand.arguments.Has("from") ? errand.arguments.Get("from") : "in-force";
    const absl::StatusOr<Json> draft = AskJson(
        errand.door, Post("drafts", {{"name", words.size() == 2 ? words[1] : ""}, {"from", from}}));
    if (!draft.ok()) return draft.status();
    ShowDrafts(errand, *draft, Json::array({*draft}));
    return absl::OkStatus();
  }
  if (words.size() < 2)
    return WrongAction("draft", "list, new, show ID, put ID FILE or delete ID", action);
  const std::string path = absl::StrCat("drafts/", PathSegment(words[1]));
  if (action == "show" && words.size() == 2) {
    const absl::StatusOr<std::string> text = AskText(errand.door, Get(path + "/config"));
    if (!text.ok()) return text.status();
    errand.ShowText(*text);
    return absl::OkStatus();
  }
  if (action == "delete" && words.size() == 2) {
    return AskText(errand.door, {.method = "DELETE", .path = "/api/v1/" + path}).status();
  }
  if (action != "put" || words.size() != 3)
    return WrongAction("draft", "list, new, show ID, put ID FILE or delete ID", action);
  absl::StatusOr<std::string> text = ReadConfigText("draft", words[2], errand.desk.in);
  if (!text.ok()) return text.status();
  const absl::StatusOr<Json> draft = AskJson(errand.door, Get(path));
  if (!draft.ok()) return draft.status();
  const absl::StatusOr<Json> put = AskJson(errand.door, {.method = "PUT",
                                                         .path = "/api/v1/" + path + "/config",
                                                         .type = "text/plain",
                                                         .body = *std::move(text),
                                                         .if_match = TextOf(*draft, "etag")});
  if (!put.ok()) return put.status();
  ShowDrafts(errand, *put, Json::array({*put}));
  return absl::OkStatus();
}

absl::Status RunImpact(Errand& errand) {
  bool own = false;
  const absl::StatusOr<Json> draft = DraftOf(errand, "impact", errand.arguments.words[0], &own);
  if (!draft.ok()) return draft.status();
  errand.door.Doing("asking about every session and request");
  const absl::StatusOr<Json> answer =
      AskJson(errand.door, Post(PathOf(*draft) + ":impact", Json::object()));
  if (own) DropDraft(errand, *draft);
  if (!answer.ok()) return answer.status();
  errand.ShowScreen(ImpactScreen(*answer), *answer,
                    {"session", "client", "user", "destination", "port", "refused_by"},
                    ListOf(FieldOf(*answer, "sessions"), "list"));
  return absl::OkStatus();
}

absl::Status RunTest(Errand& errand) {
  bool own = false;
  const bool in_force = errand.arguments.words.empty();
  const absl::StatusOr<Json> draft = in_force
                                         ? MakeDraft(errand, "test")
                                         : DraftOf(errand, "test", errand.arguments.words[0], &own);
  if (!draft.ok()) return draft.status();
  const absl::StatusOr<Json> answer = AskJson(errand.door, Post(PathOf(*draft) + ":check"));
  if (own || in_force) DropDraft(errand, *draft);
  if (!answer.ok()) return answer.status();
  const Json& tests = FieldOf(*answer, "tests");
  const Json& problems = ListOf(*answer, "problems");
  if (errand.arguments.format <= Format::kWide) {
    for (const Json& problem : problems) errand.desk.err << ProblemLine(problem, "") << "\n";
  }
  errand.ShowScreen(
      absl::StrCat(NumberOf(tests, "passed"), " passed, ", NumberOf(tests, "failed"), " failed\n"),
      tests, {"file", "line", "column", "expected", "found", "hint"}, ListOf(tests, "failures"));
  return problems.empty() ? absl::OkStatus() : absl::FailedPreconditionError("");
}

absl::Status RunRevisions(Errand& errand) {
  Question question = Get("revisions");
  if (errand.arguments.Has("limit"))
    question.keys.emplace_back("limit", errand.arguments.Get("limit"));
  const absl::StatusOr<Json> answer = AskJson(errand.door, question);
  if (!answer.ok()) return answer.status();
  const Json& revisions = ListOf(*answer, "revisions");
  Table table({{"REVISION", Side::kRight},
               {"AT", Side::kLeft, false, 10},
               {"AUTHOR", Side::kLeft, false, 8},
               {"IN FORCE"},
               {"MESSAGE", Side::kLeft, false, 12}});
  for (const Json& revision : revisions) {
    table.Add({TextOf(revision, "number"), TextOf(revision, "at"), TextOf(revision, "author"),
               TrueOf(revision, "in_force") ? "yes" : "", TextOf(revision, "message")});
  }
  errand.Show(table, *answer, {"number", "at", "author", "from", "message", "sha256", "in_force"},
              revisions);
  return absl::OkStatus();
}

absl::Status RunRestore(Errand& errand) {
  const std::string path =
      absl::StrCat("revisions/", PathSegment(errand.arguments.words[0]), ":restore");
  const absl::StatusOr<Json> draft = AskJson(errand.door, Post(path));
  if (!draft.ok()) return draft.status();
  ShowDrafts(errand, *draft, Json::array({*draft}));
  return absl::OkStatus();
}

}  // namespace sluice
