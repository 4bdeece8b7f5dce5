#include "tools/sluicectl/explain.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/sessions.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

const char* Yes() { return ShowsUtf8() ? "✔" : "+"; }
const char* No() { return ShowsUtf8() ? "✖" : "x"; }

// A text, or a list of them.
std::string WordsOf(const Json& object, const char* name) {
  std::vector<std::string> words;
  for (const Json& word : ListOf(object, name)) {
    words.push_back(word.is_string() ? word.get<std::string>() : word.dump());
  }
  return SafeText(words.empty() ? TextOf(object, name) : absl::StrJoin(words, ", "));
}

// "203.0.113.0/24 of @payments (payments.txt:812)": what in the rule matched.
std::string EntryOf(const Json& rule) {
  std::string entry = WordsOf(rule, "by");
  if (const std::string list = WordsOf(rule, "list"); !list.empty()) {
    absl::StrAppend(&entry, entry.empty() ? "" : " of ", list);
  }
  const std::string file = WordsOf(rule, "file");
  if (!entry.empty() && !file.empty()) {
    const uint64_t line = NumberOf(rule, "line");
    absl::StrAppend(&entry, " (", file, line == 0 ? "" : absl::StrCat(":", line), ")");
  }
  return entry;
}

std::string OutcomeOf(const Json& rule) {
  const bool reached = TrueOf(rule, "reached");
  const std::string verdict = SafeText(TextOf(rule, "verdict"));
  if (TrueOf(rule, "matched")) {
    const std::string entry = EntryOf(rule);
    return absl::StrCat(Yes(), " ", reached ? "" : "would ", verdict,
                        reached ? "" : ", not reached", entry.empty() ? "" : ": ", entry);
  }
  std::string failed = WordsOf(rule, "failed");
  std::replace(failed.begin(), failed.end(), '_', ' ');
  std::string outcome = absl::StrCat(No(), " ", failed);
  const std::string wanted = WordsOf(rule, "wanted"), found = WordsOf(rule, "found");
  if (!wanted.empty()) absl::StrAppend(&outcome, ": wants ", wanted);
  if (!found.empty()) absl::StrAppend(&outcome, wanted.empty() ? ": found " : ", found ", found);
  return outcome;
}

const Json* DecidingRule(const Json& explanation) {
  for (const Json& rule : ListOf(explanation, "rules")) {
    if (TrueOf(rule, "matched") && TrueOf(rule, "reached") &&
        TextOf(rule, "rule") == TextOf(explanation, "rule")) {
      return &rule;
    }
  }
  return nullptr;
}

std::string HeadLine(const Json& explanation) {
  const std::string verdict = SafeText(TextOf(explanation, "verdict"));
  const bool allowed = verdict == "allow";
  std::string head = absl::StrCat(allowed             ? Yes()
                                  : verdict == "deny" ? No()
                                                      : "?",
                                  " ", absl::AsciiStrToUpper(verdict), " by ",
                                  SafeText(TextOf(explanation, "rule")));
  if (const Json* rule = DecidingRule(explanation)) {
    absl::StrAppend(&head, " (rule ", NumberOf(*rule, "number"), ")");
    if (const std::string entry = EntryOf(*rule); !entry.empty())
      absl::StrAppend(&head, ": ", entry);
  }
  if (TrueOf(explanation, "special_use")) {
    absl::StrAppend(&head, "; a special-use destination, which only a rule that names it opens");
  }
  if (verdict == "resolve") {
    absl::StrAppend(&head, "; it depends on the addresses of the name: give them with --address");
  }
  return absl::StrCat(head, "\n");
}

std::string RuleLines(const Json& explanation) {
  const Json& rules = ListOf(explanation, "rules");
  size_t widest = 0;
  for (const Json& rule : rules) {
    widest = std::max(widest, ColumnsOf(SafeText(TextOf(rule, "rule"))));
  }
  std::string lines;
  for (const Json& rule : rules) {
    const std::string name = SafeText(TextOf(rule, "rule"));
    absl::StrAppendFormat(&lines, "%5d  %s%s  %s\n", NumberOf(rule, "number"), name,
                          std::string(widest - ColumnsOf(name), ' '), OutcomeOf(rule));
  }
  return lines;
}

std::string RestLines(const Json& explanation) {
  std::string lines;
  for (const Json& address : ListOf(explanation, "addresses")) {
    absl::StrAppend(&lines, "address ", SafeText(TextOf(address, "address")), ": ",
                    SafeText(TextOf(address, "verdict")), " by ", SafeText(TextOf(address, "rule")),
                    TrueOf(address, "special_use") ? ", special-use" : "", "\n");
  }
  for (const Json& change : ListOf(explanation, "would_change")) {
    absl::StrAppend(&lines, "if ", SafeText(TextOf(change, "if")), ": ",
                    SafeText(TextOf(change, "verdict")), " by ", SafeText(TextOf(change, "rule")),
                    "\n");
  }
  for (const auto& [name, value] : FieldOf(explanation, "grant").items()) {
    const std::string text = WordsOf(FieldOf(explanation, "grant"), name.c_str());
    if (!text.empty()) absl::StrAppend(&lines, "grants ", SafeText(name), ": ", text, "\n");
  }
  const Json& agrees = FieldOf(explanation, "agrees");
  if (agrees == false) {
    absl::StrAppend(&lines,
                    "THIS DIFFERS from what the gateway does: a defect; please report it\n");
  }
  return lines;
}

absl::Status ShowExplanation(Errand& errand, const Json& request) {
  const absl::StatusOr<Json> explanation = AskJson(errand.door, Post("explain", request));
  if (!explanation.ok()) return explanation.status();
  errand.ShowScreen(ExplainScreen(*explanation), *explanation,
                    {"number", "rule", "verdict", "matched", "reached", "failed", "wanted", "found",
                     "by", "list", "file", "line"},
                    ListOf(*explanation, "rules"));
  return absl::OkStatus();
}

// "203.0.113.9" of "203.0.113.9:443" and of "[203.0.113.9]:443".
std::string HostOf(const std::string& place) {
  std::string host = place.substr(0, place.rfind(':'));
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return host;
}

}  // namespace

std::string ExplainScreen(const Json& explanation) {
  const std::string rest = RestLines(explanation);
  return absl::StrCat(HeadLine(explanation), RuleLines(explanation), rest);
}

absl::Status RunExplain(Errand& errand) {
  const Arguments& arguments = errand.arguments;
  uint32_t port = 0;
  if (!absl::SimpleAtoi(arguments.words[2], &port) || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat(
        "explain: expected a PORT of 0 to 65535, found \"", SafeText(arguments.words[2]),
        "\"; see sluicectl "
        "help explain"));
  }
  Json request = {
      {"client", arguments.words[0]}, {"destination", arguments.words[1]}, {"port", port}};
  for (const char* name : {"user", "command", "at"}) {
    if (arguments.Has(name)) request[name] = arguments.Get(name);
  }
  if (arguments.Has("address")) request["addresses"] = arguments.All("address");
  return ShowExplanation(errand, request);
}

absl::Status RunWhy(Errand& errand) {
  const std::string& name = errand.arguments.words[0];
  const absl::StatusOr<Json> session = AskJson(errand.door, SessionQuestion("GET", name));
  if (!session.ok()) return session.status();
  const std::string destination = TextOf(*session, "destination");
  if (destination.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "session ", SafeText(name), " is in state ", SafeText(TextOf(*session, "state")),
        " and has not asked for a destination; ask again later, or sluicectl explain"));
  }
  Json request = {{"client", FieldOf(*session, "client")}};
  for (const char* field : {"user", "command", "destination", "port"}) {
    if (!FieldOf(*session, field).is_null()) request[field] = FieldOf(*session, field);
  }
  const std::string target = HostOf(TextOf(*session, "target"));
  if (!target.empty() && target != destination) request["addresses"] = Json::array({target});
  if (errand.arguments.format <= Format::kWide) {
    const std::string user = TextOf(*session, "user");
    errand.desk.out << "session " << SafeText(name) << ": "
                    << SafeText(user.empty() ? "nobody" : user) << " at "
                    << SafeText(TextOf(*session, "client")) << ", "
                    << SafeText(TextOf(*session, "command")) << " "
                    << SafeText(DestinationOf(*session)) << ", let in by "
                    << SafeText(TextOf(*session, "rule")) << "\n";
  }
  return ShowExplanation(errand, request);
}

}  // namespace sluice
