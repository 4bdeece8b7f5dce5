#include "tools/admin/draft_edits.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/config_entries.h"
#include "policy/config_errors.h"
#include "policy/toml_text.h"
#include "relay/auth/password_hash.h"
#include "tools/admin/default_settings.h"
#include "tools/admin/toml_json.h"

namespace sluice {
namespace {

using Kind = ConfigEdit::Kind;

// What the door says of an entry besides its keys.
constexpr std::string_view kSaidOnly[] = {"number", "file",    "line",
                                          "text",   "used_by", "has_password"};

absl::Status Expected(std::string_view expected, std::string_view found, std::string_view advice) {
  return absl::InvalidArgumentError(absl::StrCat("expected ", std::string(expected), ", found ",
                                                 std::string(found), "; ", std::string(advice)));
}

ConfigEdit EditOf(Kind kind, ConfigPart part, const std::string& name) {
  ConfigEdit edit;
  edit.kind = kind;
  edit.part = part;
  edit.name = name;
  return edit;
}

// A text of the body; nothing where it is not there, or null.
absl::StatusOr<std::optional<std::string>> TextIn(const Json& body, const char* key) {
  const auto found = body.find(key);
  if (found == body.end() || found->is_null()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  return Expected(absl::StrCat("a text as \"", key, "\""),
                  absl::StrCat("a JSON ", found->type_name()), "put the name in quotes");
}

// The entry as it is written; nothing where it is not there.
absl::StatusOr<std::optional<TomlValue>> Written(std::string_view text, ConfigPart part,
                                                 const std::string& name) {
  absl::StatusOr<std::vector<WrittenEntry>> entries = ListEntries(text, part);
  if (!entries.ok()) return entries.status();
  for (WrittenEntry& entry : *entries) {
    if (entry.name == name) return std::optional(std::move(entry.value));
  }
  return std::nullopt;
}

bool IsSaidOnly(ConfigPart part, std::string_view key) {
  if (part == ConfigPart::kUser && key == "groups") return true;
  return std::find(std::begin(kSaidOnly), std::end(kSaidOnly), key) != std::end(kSaidOnly);
}

// The table of an entry. A key that says its default comes in only where it is written already.
absl::StatusOr<TomlValue> TableIn(ConfigPart part, const Json& body, const TomlValue& was) {
  const std::vector<std::string_view>& keys = KeysOf(part);
  TomlValue table = TableValue({});
  for (const auto& [key, json] : body.items()) {
    if (key == "name" || key == "before" || IsSaidOnly(part, key) || json.is_null()) continue;
    if (std::find(keys.begin(), keys.end(), std::string_view(key)) == keys.end()) {
      return Expected(absl::StrCat("a key of a ", std::string(PartWord(part))), Quote(key),
                      AdviseWord(key, keys));
    }
    absl::StatusOr<TomlValue> value = TomlOf(part, key, json);
    if (!value.ok()) return value.status();
    const TomlField* const initial = FindField(DefaultsOf(part), key);
    const bool is_new = FindField(was, key) == nullptr;
    if (is_new && initial != nullptr && IsSameToml(*value, initial->value)) continue;
    table.fields.push_back({key, {}, *std::move(value)});
  }
  return table;
}

// What is found is not shown: it is a password.
absl::Status HashPasswordIn(const TomlValue& was, TomlValue* user) {
  TomlField* const given = FindField(*user, "password");
  if (given == nullptr) {
    const TomlField* const hash = FindField(was, "password");
    if (hash == nullptr) return Expected("a \"password\" for the user", "none", "send one");
    user->fields.push_back(*hash);
    return absl::OkStatus();
  }
  if (given->value.kind != TomlValue::Kind::kText)
    return Expected("a password as text", "another value", "put it in quotes");
  absl::StatusOr<std::string> hash = HashPassword(given->value.text);
  if (!hash.ok()) return hash.status();
  given->value = TextValue(*hash);
  return absl::OkStatus();
}

absl::StatusOr<TomlValue> ValueIn(ConfigPart part, const Json& body, const TomlValue& was) {
  if (part == ConfigPart::kGroup) {
    const auto members = body.find("members");
    if (members == body.end() || !members->is_array())
      return Expected("a list of users as \"members\"", "none", "send one, which may be empty");
    return TomlOf(part, "members", *members);
  }
  absl::StatusOr<TomlValue> table = TableIn(part, body, was);
  if (!table.ok() || part != ConfigPart::kUser) return table;
  if (absl::Status hashed = HashPasswordIn(was, &*table); !hashed.ok()) return hashed;
  return table;
}

}  // namespace

absl::StatusOr<std::string> AddEntry(std::string_view text, ConfigPart part, const Json& body) {
  const absl::StatusOr<std::optional<std::string>> name = TextIn(body, "name");
  if (!name.ok()) return name.status();
  const absl::StatusOr<std::optional<std::string>> before = TextIn(body, "before");
  if (!before.ok()) return before.status();
  absl::StatusOr<TomlValue> value = ValueIn(part, body, TableValue({}));
  if (!value.ok()) return value.status();
  ConfigEdit edit = EditOf(Kind::kAdd, part, name->value_or(""));
  edit.before = *before;
  edit.value = *std::move(value);
  return Apply(text, edit);
}

absl::StatusOr<std::string> PutEntry(std::string_view text, ConfigPart part,
                                     const std::string& name, const Json& body) {
  const absl::StatusOr<std::optional<std::string>> given = TextIn(body, "name");
  if (!given.ok()) return given.status();
  const std::string new_name = given->value_or(name);
  ConfigEdit rename = EditOf(Kind::kRename, part, name);
  rename.new_name = new_name;
  const absl::StatusOr<std::string> renamed = Apply(text, rename);
  if (!renamed.ok()) return renamed.status();
  const absl::StatusOr<std::optional<TomlValue>> was = Written(*renamed, part, new_name);
  if (!was.ok()) return was.status();
  absl::StatusOr<TomlValue> value = ValueIn(part, body, was->value_or(TableValue({})));
  if (!value.ok()) return value.status();
  ConfigEdit replace = EditOf(Kind::kReplace, part, new_name);
  replace.value = *std::move(value);
  return Apply(*renamed, replace);
}

absl::StatusOr<std::string> RemoveEntry(std::string_view text, ConfigPart part,
                                        const std::string& name) {
  return Apply(text, EditOf(Kind::kRemove, part, name));
}

absl::StatusOr<std::string> MoveEntry(std::string_view text, ConfigPart part,
                                      const std::string& name, const Json& body) {
  const absl::StatusOr<std::optional<std::string>> before = TextIn(body, "before");
  if (!before.ok()) return before.status();
  ConfigEdit edit = EditOf(Kind::kMove, part, name);
  edit.before = *before;
  return Apply(text, edit);
}

absl::StatusOr<std::string> EnableRule(std::string_view text, const std::string& name,
                                       const Json& body) {
  const auto enabled = body.find("enabled");
  if (enabled == body.end() || !enabled->is_boolean())
    return Expected("true or false as \"enabled\"", "neither", "say which");
  const absl::StatusOr<std::optional<TomlValue>> rule = Written(text, ConfigPart::kRule, name);
  if (!rule.ok()) return rule.status();
  // One that says nothing is on.
  const bool says_nothing = rule->has_value() && FindField(**rule, "enabled") == nullptr;
  if (says_nothing && enabled->get<bool>()) return std::string(text);
  ConfigEdit edit = EditOf(Kind::kSetKey, ConfigPart::kRule, name);
  edit.key = "enabled";
  edit.value = BooleanValue(enabled->get<bool>());
  return Apply(text, edit);
}

absl::StatusOr<std::string> PatchSettings(std::string_view text, const Json& body) {
  const absl::StatusOr<TomlValue> root = ReadTomlText(text);
  if (!root.ok()) return root.status();
  std::string patched(text);
  for (const auto& [section, keys] : body.items()) {
    const TomlField* const known = FindField(DefaultSettings(), section);
    if (known == nullptr)
      return Expected("a section", Quote(section), AdviseWord(section, SectionNames()));
    if (!keys.is_object())
      return Expected(absl::StrCat("an object as \"", section, "\""),
                      absl::StrCat("a JSON ", keys.type_name()), "write {\"key\": value}");
    const TomlField* const written = FindField(*root, section);
    for (const auto& [key, json] : keys.items()) {
      const TomlField* const initial = FindField(known->value, key);
      if (initial == nullptr) {
        std::vector<std::string_view> words;
        for (const TomlField& field : known->value.fields) words.push_back(field.key);
        return Expected(absl::StrCat("a key of [", section, "]"), Quote(key),
                        AdviseWord(key, words));
      }
      absl::StatusOr<TomlValue> value = TomlOf(ConfigPart::kSection, key, json);
      if (!value.ok()) return value.status();
      const bool is_new = written == nullptr || FindField(written->value, key) == nullptr;
      if (is_new && (json.is_null() || IsSameToml(*value, initial->value))) continue;
      ConfigEdit edit =
          EditOf(json.is_null() ? Kind::kRemoveKey : Kind::kSetKey, ConfigPart::kSection, section);
      edit.key = key;
      edit.value = *std::move(value);
      absl::StatusOr<std::string> next = Apply(patched, edit);
      if (!next.ok()) return next.status();
      patched = *std::move(next);
    }
  }
  return patched;
}

}  // namespace sluice
