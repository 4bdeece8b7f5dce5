// rules, warnings, config, check, reload: the rules and the text that they stand in.

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/config_text.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/units.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

Table RuleTable(const Json& rules) {
  using Side = Column::Side;
  Table table({{"RULE", Side::kRight},
               {"NAME", Side::kLeft, false, 12},
               {"VERDICT"},
               {"ON"},
               {"EXPIRES", Side::kLeft, false, 10},
               {"COMMENT", Side::kLeft, false, 12},
               {"PLACE", Side::kLeft, false, 12}});
  for (const Json& rule : rules) {
    const std::string file = TextOf(rule, "file");
    table.Add({TextOf(rule, "number"), TextOf(rule, "name"), TextOf(rule, "verdict"),
               TrueOf(rule, "enabled") ? "yes" : "no", TextOf(rule, "expires"),
               TextOf(rule, "comment"),
               file.empty() ? "" : absl::StrCat(file, ":", TextOf(rule, "line"))});
  }
  return table;
}

std::string WarningLines(const Json& warnings) {
  std::string lines;
  for (const Json& warning : warnings) absl::StrAppend(&lines, ProblemLine(warning, ""), "\n");
  return lines;
}

// "24 tests passed"; "" where there are none.
std::string TestsText(const Json& tests) {
  const uint64_t passed = NumberOf(tests, "passed"), failed = NumberOf(tests, "failed");
  if (passed + failed == 0) return "";
  return absl::StrCat(", ", passed, " of ", Counted(passed + failed, "test", "tests"), " passed");
}

}  // namespace

absl::Status RunRules(Errand& errand) {
  const absl::StatusOr<Json> answer = AskJson(errand.door, Get("rules"));
  if (!answer.ok()) return answer.status();
  const Json& rules = ListOf(*answer, "rules");
  errand.Show(RuleTable(rules), *answer,
              {"number", "name", "verdict", "enabled", "expires", "comment", "file", "line"},
              rules);
  return absl::OkStatus();
}

absl::Status RunWarnings(Errand& errand) {
  const absl::StatusOr<Json> answer = AskJson(errand.door, Get("warnings"));
  if (!answer.ok()) return answer.status();
  const Json& warnings = ListOf(*answer, "warnings");
  if (warnings.empty()) errand.desk.err << "no warnings\n";
  errand.ShowScreen(WarningLines(warnings), *answer,
                    {"kind", "rule", "other", "file", "line", "column", "message"}, warnings);
  return absl::OkStatus();
}

absl::Status RunConfig(Errand& errand) {
  const absl::StatusOr<std::string> text = AskText(errand.door, Get("config"));
  if (!text.ok()) return text.status();
  errand.ShowText(*text);
  return absl::OkStatus();
}

absl::Status RunCheck(Errand& errand) {
  const std::string& file = errand.arguments.words[0];
  absl::StatusOr<std::string> text = ReadConfigText("check", file, errand.desk.in);
  if (!text.ok()) return text.status();
  const absl::StatusOr<Json> answer = AskJson(errand.door, {.method = "POST",
                                                            .path = "/api/v1/config:check",
                                                            .type = "text/plain",
                                                            .body = std::move(*text)});
  if (!answer.ok()) return answer.status();
  const std::string name = file == "-" ? "standard input" : file;
  const Json &problems = ListOf(*answer, "problems"), &warnings = ListOf(*answer, "warnings");
  if (errand.arguments.format <= Format::kWide) {
    // To standard error, as the daemon's --check: editors find the places there.
    for (const Json& problem : problems) errand.desk.err << ProblemLine(problem, name) << "\n";
    for (const Json& warning : warnings) {
      errand.desk.err << "warning: " << ProblemLine(warning, name) << "\n";
    }
  }
  const bool good = TrueOf(*answer, "ok");
  const std::string tests = TestsText(FieldOf(*answer, "tests"));
  errand.ShowScreen(good ? absl::StrCat(SafeText(name), ": good", tests, "\n") : "", *answer,
                    {"file", "line", "column", "expected", "found", "hint"}, problems);
  if (good) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      SafeText(name), ": not good: ", Counted(problems.size(), "problem", "problems"), tests));
}

absl::Status RunReload(Errand& errand) {
  errand.door.Doing("reloading");
  const absl::StatusOr<Json> answer = AskJson(errand.door, Post("config:reload"));
  if (!answer.ok()) return answer.status();
  errand.ShowScreen(absl::StrCat("reloaded: generation ", NumberOf(*answer, "generation"), "\n"),
                    *answer, {"generation"}, Json::array({*answer}));
  return absl::OkStatus();
}

}  // namespace sluice
