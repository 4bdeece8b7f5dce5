#include "policy/config_entries.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "policy/toml_blocks.h"
#include "policy/toml_edit_values.h"
#include "policy/toml_layout.h"
#include "policy/toml_text.h"

namespace sluice {

std::string_view PartWord(ConfigPart part) {
  switch (part) {
    case ConfigPart::kRule: return "rule";
    case ConfigPart::kSet: return "set";
    case ConfigPart::kUser: return "user";
    case ConfigPart::kGroup: return "group";
    case ConfigPart::kTest: return "test";
    case ConfigPart::kSection: return "section";
  }
  return "entry";
}

std::string_view PartKey(ConfigPart part) {
  switch (part) {
    case ConfigPart::kSet: return "sets";
    case ConfigPart::kGroup: return "groups";
    case ConfigPart::kSection: return "";
    default: return PartWord(part);
  }
}

bool IsArrayPart(ConfigPart part) {
  return part == ConfigPart::kRule || part == ConfigPart::kUser || part == ConfigPart::kTest;
}

std::string EntryName(ConfigPart part, const TomlValue& entry, size_t place) {
  const TomlField* const name = FindField(entry, "name");
  if (name != nullptr && name->value.kind == TomlValue::Kind::kText) return name->value.text;
  if (part == ConfigPart::kUser) return "";
  return absl::StrCat(std::string(PartWord(part)), " ", place + 1);
}

const std::vector<std::string_view>& KeysOf(ConfigPart part) {
  using Keys = std::vector<std::string_view>;
  static const Keys& none = *new Keys();
  static const Keys& rule =
      *new Keys({"name", "comment", "enabled", "expires", "source", "source_ports", "users",
                 "groups", "authenticated", "destination", "destination_ports", "commands", "ident",
                 "bind_any_peer", "udp_any_peer", "egress", "verdict"});
  static const Keys& set = *new Keys({"addresses", "hosts"});
  static const Keys& user = *new Keys({"name", "password"});
  static const Keys& test = *new Keys({"name", "client", "client_port", "user", "command",
                                       "destination", "address", "port", "expect", "rule"});
  switch (part) {
    case ConfigPart::kRule: return rule;
    case ConfigPart::kSet: return set;
    case ConfigPart::kUser: return user;
    case ConfigPart::kTest: return test;
    default: return none;
  }
}

const TomlValue& DefaultsOf(ConfigPart part) {
  static const TomlValue& none = *new TomlValue(TableValue({}));
  static const TomlValue& rule = *new TomlValue(TableValue({
      {"comment", {}, TextValue("")},
      {"enabled", {}, BooleanValue(true)},
      {"source", {}, TextsValue({"any"})},
      {"source_ports", {}, TextsValue({"1-65535"})},
      {"authenticated", {}, BooleanValue(false)},
      {"destination", {}, TextsValue({"any"})},
      {"destination_ports", {}, TextsValue({"1-65535"})},
      {"commands", {}, TextsValue({"connect", "bind", "udp_associate"})},
      {"ident", {}, BooleanValue(false)},
      {"bind_any_peer", {}, BooleanValue(false)},
      {"udp_any_peer", {}, BooleanValue(false)},
      {"verdict", {}, TextValue("deny")},
  }));
  static const TomlValue& test = *new TomlValue(TableValue({
      {"client_port", {}, IntegerValue(50000)},
      {"command", {}, TextValue("connect")},
  }));
  return part == ConfigPart::kRule ? rule : part == ConfigPart::kTest ? test : none;
}

const std::vector<std::string_view>& SectionNames() {
  static const auto& names =
      *new std::vector<std::string_view>({"socks", "timeouts", "limits", "auth"});
  return names;
}

absl::StatusOr<TomlValue> ReadTomlText(std::string_view text) {
  std::variant<TomlValue, TomlError> read = ParseToml(text);
  if (const TomlError* error = std::get_if<TomlError>(&read)) {
    return absl::InvalidArgumentError(absl::StrCat("line ", error->at.line, ", column ",
                                                   error->at.column, ": expected ", error->expected,
                                                   ", found ", error->found, "; ", error->advice));
  }
  return std::get<TomlValue>(std::move(read));
}

absl::StatusOr<std::vector<WrittenEntry>> ListEntries(std::string_view text, ConfigPart part) {
  absl::StatusOr<TomlValue> root = ReadTomlText(text);
  if (!root.ok()) return root.status();
  std::vector<WrittenEntry> entries;
  TomlField* const holder = FindField(*root, PartKey(part));
  if (holder == nullptr) return entries;
  std::string padded(text);
  if (!padded.ends_with('\n')) padded += '\n';
  const TomlLayout layout = LayOutToml(padded);
  const TomlBlocks blocks(padded, layout);
  const auto add = [&](std::string name, TextPosition at, const TomlPath& path, TomlValue value) {
    WrittenEntry entry{std::move(name), at.line, {}, std::move(value)};
    if (const auto section = layout.section_of.find(JoinPath(path));
        section != layout.section_of.end()) {
      const TomlBlock block = blocks.OfSection(section->second);
      entry.text = padded.substr(block.begin, block.end - block.begin);
    } else {
      entry.text = absl::StrCat(TomlKeyText(entry.name), " = ", TomlText(entry.value), "\n");
    }
    entries.push_back(std::move(entry));
  };
  const std::string key(PartKey(part));
  for (size_t i = 0; i < holder->value.items.size(); ++i) {
    TomlValue& item = holder->value.items[i];
    std::string name = EntryName(part, item, i);
    const TextPosition at = item.at;
    add(std::move(name), at, {key, absl::StrCat(i)}, std::move(item));
  }
  for (TomlField& field : holder->value.fields)
    add(field.key, field.at, {key, field.key}, std::move(field.value));
  return entries;
}

}  // namespace sluice
