// rule: one rule of the configuration, shown or changed. A change is made in a draft: one that is
// named, or one of its own, which is then applied.

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tools/sluicectl/draft.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

constexpr std::array<std::string_view, 7> kLists = {
    "source", "source_ports", "users", "groups", "destination", "destination_ports", "commands"};
constexpr std::array<std::string_view, 5> kFlags = {"enabled", "authenticated", "ident",
                                                    "bind_any_peer", "udp_any_peer"};

template <typename Words>
bool IsAmong(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// As JSON: lists by commas, and "true" where it is a flag; nothing is null.
absl::StatusOr<Json> ValueOf(std::string_view key, const std::string& text) {
  if (text.empty()) return nullptr;
  if (IsAmong(kLists, key) || key == "egress.address") {
    Json list = Json::array();
    for (const absl::string_view item : absl::StrSplit(text, ','))
      list.push_back(std::string(item));
    return list;
  }
  if (!IsAmong(kFlags, key)) return text;
  if (text == "true" || text == "false") return text == "true";
  return absl::InvalidArgumentError(absl::StrCat("rule: expected true or false as ",
                                                 std::string(key), ", found ", SafeText(text),
                                                 "; write ", std::string(key), "=true"));
}

// KEY=VALUE... into the fields of a rule.
absl::Status SetKeys(const std::vector<std::string>& words, size_t from, Json* rule) {
  for (size_t i = from; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(absl::StrCat("rule: expected KEY=VALUE, found ",
                                                     SafeText(words[i]),
                                                     "; for instance destination_ports=80,443"));
    }
    const std::string key = words[i].substr(0, equals);
    absl::StatusOr<Json> value = ValueOf(key, words[i].substr(equals + 1));
    if (!value.ok()) return value.status();
    if (key.starts_with("egress.")) {
      (*rule)["egress"][key.substr(7)] = *std::move(value);
    } else {
      (*rule)[key] = *std::move(value);
    }
  }
  return absl::OkStatus();
}

// The rule as it is written, in force or in a draft.
absl::StatusOr<Json> FindRule(Errand& errand, const std::string& name, const std::string& draft) {
  Question question = Get("config/rules");
  if (!draft.empty()) question.keys.emplace_back("draft", draft);
  const absl::StatusOr<Json> answer = AskJson(errand.door, question);
  if (!answer.ok()) return answer.status();
  for (const Json& rule : ListOf(*answer, "rules")) {
    if (TextOf(rule, "name") == name) return rule;
  }
  return absl::NotFoundError(absl::StrCat("expected the name of a rule, found ", SafeText(name),
                                          "; sluicectl rules has those in force"));
}

absl::Status ShowRule(Errand& errand, const std::string& name) {
  const absl::StatusOr<Json> rule = FindRule(errand, name, errand.arguments.Get("draft"));
  if (!rule.ok()) return rule.status();
  errand.ShowScreen(absl::StrCat("# ", SafeText(TextOf(*rule, "file")), ":", TextOf(*rule, "line"),
                                 "\n", SafeLines(TextOf(*rule, "text"))),
                    *rule, {"number", "name", "enabled", "file", "line", "text"},
                    Json::array({*rule}));
  return absl::OkStatus();
}

// What the draft is asked for.
absl::StatusOr<Question> ChangeOf(Errand& errand, const std::string& draft) {
  const std::vector<std::string>& words = errand.arguments.words;
  const std::string& action = words[0];
  const std::string& name = words[1];
  const std::string rules = absl::StrCat("drafts/", PathSegment(draft), "/rules");
  const std::string one = absl::StrCat(rules, "/", PathSegment(name));
  const auto before = [&]() -> Json {
    if (!errand.arguments.Has("before")) return nullptr;
    return errand.arguments.Get("before");
  };
  if (action == "on" || action == "off")
    return Post(one + ":enable", {{"enabled", action == "on"}});
  if (action == "move") return Post(one + ":move", {{"before", before()}});
  if (action == "remove") return Question{.method = "DELETE", .path = "/api/v1/" + one};
  Json rule = {{"name", name}};
  if (action == "add") {
    rule["before"] = before();
  } else {
    absl::StatusOr<Json> written = FindRule(errand, name, draft);
    if (!written.ok()) return written.status();
    rule = *std::move(written);
  }
  if (absl::Status set = SetKeys(words, 2, &rule); !set.ok()) return set;
  Question question = Post(action == "add" ? rules : one, rule);
  if (action == "set") question.method = "PUT";
  return question;
}

}  // namespace

absl::Status RunRule(Errand& errand) {
  constexpr std::array<std::string_view, 7> kActions = {"show", "add", "set", "remove",
                                                        "move", "on",  "off"};
  const std::vector<std::string>& words = errand.arguments.words;
  if (!IsAmong(kActions, words[0])) {
    return absl::InvalidArgumentError(
        absl::StrCat("rule: expected show, add, set, remove, move, on "
                     "or off, found ",
                     SafeText(words[0]), "; see sluicectl help rule"));
  }
  const bool takes_keys = words[0] == "add" || words[0] == "set";
  if (words.size() > 2 && !takes_keys) {
    return absl::InvalidArgumentError(absl::StrCat("rule ", words[0], ": expected one name, found ",
                                                   words.size() - 1, "; see sluicectl help rule"));
  }
  if (words[0] == "show") return ShowRule(errand, words[1]);
  const auto change = [&](const std::string& draft) { return ChangeOf(errand, draft); };
  return ChangeDraft(errand, absl::StrCat("rule ", words[0], " ", words[1]), change);
}

}  // namespace sluice
