// An edit of a text:
//   1. The edit is done on the values that the text says.
//   2. What moves, comes or goes as a whole is cut and pasted with its comments.
//   3. Whatever else then differs between the values is rewritten where it stands.
//   4. The new text is read, and must say what 1 says.

#include "policy/toml_edit.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "policy/config_entries.h"
#include "policy/config_errors.h"
#include "policy/toml_blocks.h"
#include "policy/toml_edit_values.h"
#include "policy/toml_layout.h"
#include "policy/toml_merge.h"
#include "policy/toml_text.h"

namespace sluice {
namespace {

using Kind = TomlValue::Kind;

TomlPath Below(TomlPath path, std::string_view key) {
  path.emplace_back(key);
  return path;
}

// The part whose entries stand at paths such as `path`; kSection where it is none.
ConfigPart PartOf(const TomlPath& path) {
  if (path.size() < 2) return ConfigPart::kSection;
  for (const ConfigPart part : {ConfigPart::kRule, ConfigPart::kSet, ConfigPart::kUser,
                                ConfigPart::kGroup, ConfigPart::kTest}) {
    if (PartKey(part) == std::string_view(path[0])) return part;
  }
  return ConfigPart::kSection;
}

// Where `key` stands among those of `part`; behind all others where it is unknown.
size_t RankOf(ConfigPart part, std::string_view key) {
  const std::vector<std::string_view>& keys = KeysOf(part);
  return static_cast<size_t>(std::find(keys.begin(), keys.end(), key) - keys.begin());
}

std::vector<const TomlField*> InOrder(ConfigPart part, const TomlValue& table) {
  std::vector<const TomlField*> fields;
  for (const TomlField& field : table.fields) fields.push_back(&field);
  std::stable_sort(fields.begin(), fields.end(), [&](const TomlField* a, const TomlField* b) {
    return RankOf(part, a->key) < RankOf(part, b->key);
  });
  return fields;
}

// The order in which tables stand in a file that has not been written by hand.
size_t RankOfTable(const std::string& name) {
  constexpr std::string_view kOrder[] = {"socks",  "timeouts", "limits", "auth", "user",
                                         "groups", "sets",     "rule",   "test"};
  return static_cast<size_t>(std::find(std::begin(kOrder), std::end(kOrder), name) -
                             std::begin(kOrder));
}

class TextEdit {
 public:
  explicit TextEdit(std::string_view text)
      : text_(text), layout_(LayOutToml(text)), blocks_(text, layout_) {}

  // From what `root` says to what `meant` says, which `edit` makes of it.
  std::string Run(const TomlValue& root, const TomlValue& meant, const ConfigEdit& edit);

 private:
  // The keys of a section by their paths, and those that a path leads through: a of a.b.
  struct Keys {
    absl::flat_hash_map<std::string, uint32_t> at;
    absl::flat_hash_map<std::string, std::vector<uint32_t>> through;
  };

  bool MoveBlocks(const TomlValue& root, const ConfigEdit& edit);
  std::optional<TomlBlock> BlockAt(const TomlPath& path);
  bool RenameKey(const TomlPath& path, const std::string& new_name);
  // Differences of two tables that stand at `path`.
  void ChangeTable(const TomlPath& path, const TomlValue& before, const TomlValue& after);
  void ChangeField(const TomlPath& path, const TomlValue& before, const TomlValue& after);
  void RemoveField(const TomlPath& path);
  void AddField(const TomlPath& path, const TomlValue& value);
  bool AddKey(const TomlPath& path, const TomlValue& value);
  void AddSection(const TomlPath& path, const TomlValue& value, bool is_array);
  void InsertSection(const TomlPath& path, std::string block);

  std::optional<uint32_t> SectionAt(const TomlPath& path) const;
  const Keys& KeysIn(uint32_t section);
  // Calls visit(section, path of the key from there) for each section that `path` could be in.
  template <typename Visit>
  void ForEachHome(const TomlPath& path, Visit visit);
  std::optional<uint32_t> KeyAt(const TomlPath& path);
  std::string KeyLine(std::string_view key, const TomlValue& value) const {
    return absl::StrCat(std::string(key), " = ", TomlText(value), std::string(blocks_.line_end()));
  }
  std::string IndentOf(const TomlKey& key) const {
    return std::string(text_.substr(key.lines.begin, key.key.begin - key.lines.begin));
  }

  const std::string_view text_;
  const TomlLayout layout_;
  TomlBlocks blocks_;
  absl::flat_hash_map<uint32_t, Keys> keys_;
  ChangedItem changed_ = ChangedItem::kReplaced;
  std::optional<TomlPath> before_;  // where what is added comes to stand
};

// --- Where things are

std::optional<uint32_t> TextEdit::SectionAt(const TomlPath& path) const {
  const auto found = layout_.section_of.find(JoinPath(path));
  if (found == layout_.section_of.end()) return std::nullopt;
  return found->second;
}

const TextEdit::Keys& TextEdit::KeysIn(uint32_t section) {
  const auto [known, is_new] = keys_.try_emplace(section);
  if (!is_new) return known->second;
  const TomlSection& of = layout_.sections[section];
  for (uint32_t key = of.keys_begin; key < of.keys_end; ++key) {
    TomlPath words = KeyWords(text_, layout_.keys[key].key);
    known->second.at.try_emplace(JoinPath(words), key);
    for (words.pop_back(); !words.empty(); words.pop_back())
      known->second.through[JoinPath(words)].push_back(key);
  }
  return known->second;
}

template <typename Visit>
void TextEdit::ForEachHome(const TomlPath& path, Visit visit) {
  for (size_t size = path.size(); size-- > 0;) {
    const auto split = path.begin() + static_cast<ptrdiff_t>(size);
    const std::optional<uint32_t> section = SectionAt(TomlPath(path.begin(), split));
    if (section) visit(*section, JoinPath(TomlPath(split, path.end())));
  }
}

std::optional<uint32_t> TextEdit::KeyAt(const TomlPath& path) {
  std::optional<uint32_t> key;
  ForEachHome(path, [&](uint32_t section, const std::string& rest) {
    const Keys& keys = KeysIn(section);
    if (const auto found = keys.at.find(rest); found != keys.at.end()) key = found->second;
  });
  return key;
}

std::optional<TomlBlock> TextEdit::BlockAt(const TomlPath& path) {
  if (const std::optional<uint32_t> section = SectionAt(path)) return blocks_.OfSection(*section);
  const std::optional<uint32_t> key = KeyAt(path);
  if (!key) return std::nullopt;
  const auto home =
      std::find_if(layout_.sections.begin(), layout_.sections.end(),
                   [&](const TomlSection& section) { return *key < section.keys_end; });
  return blocks_.OfKey(*home, *key);
}

// --- Whole entries

// False where none moves so, and all is left to ChangeTable.
bool TextEdit::MoveBlocks(const TomlValue& root, const ConfigEdit& edit) {
  const bool is_array = IsArrayPart(edit.part);
  const std::string key(PartKey(edit.part));
  const TomlField* const holder = FindField(root, key);
  const auto path_of = [&](size_t place) {
    return TomlPath{key, is_array ? absl::StrCat(place) : holder->value.fields[place].key};
  };
  const size_t size =
      holder == nullptr ? 0 : holder->value.items.size() + holder->value.fields.size();
  std::optional<TomlBlock> target;
  size_t to = size;
  if (edit.kind == ConfigEdit::Kind::kRemove) {
    // It goes from where it is.
  } else if (edit.before) {
    to = *FindEntry(root, edit.part, *edit.before);
    target = BlockAt(path_of(to));
  } else if (size > 0) {
    target = BlockAt(path_of(size - 1));
  }
  if (!is_array && edit.kind == ConfigEdit::Kind::kAdd) {
    if (edit.before) before_ = path_of(to);
    return false;
  }
  if (edit.kind == ConfigEdit::Kind::kAdd) {
    if (size > 0 && !target) return false;
    std::string block = absl::StrCat("[[", key, "]]", std::string(blocks_.line_end()),
                                     KeyLine("name", TextValue(edit.name)));
    for (const TomlField* field : InOrder(edit.part, edit.value)) {
      if (field->key != "name") block += KeyLine(TomlKeyText(field->key), field->value);
    }
    if (!target) {
      InsertSection({key}, std::move(block));
    } else if (edit.before) {
      blocks_.InsertBefore(*target, std::move(block));
    } else {
      blocks_.InsertAfter(*target, std::move(block));
    }
    return true;
  }
  const size_t from = *FindEntry(root, edit.part, edit.name);
  const std::optional<TomlBlock> moved = BlockAt(path_of(from));
  if (!moved || (edit.kind == ConfigEdit::Kind::kRemove && !is_array)) return false;
  if (edit.kind == ConfigEdit::Kind::kRemove) {
    blocks_.Remove(*moved);
    return true;
  }
  if (!target || target->is_section != moved->is_section) return false;
  if (to == from || to == from + 1) return true;
  std::string block(text_.substr(moved->begin, moved->end - moved->begin));
  blocks_.Remove(*moved);
  if (edit.before) {
    blocks_.InsertBefore(*target, std::move(block));
  } else {
    blocks_.InsertAfter(*target, std::move(block));
  }
  return true;
}

// A key, in every header and every key that is written through it.
bool TextEdit::RenameKey(const TomlPath& path, const std::string& new_name) {
  bool found = false;
  const auto rename = [&](TomlSpan key, size_t part) {
    blocks_.Replace(KeyParts(text_, key)[part], TomlKeyText(new_name));
    found = true;
  };
  for (const TomlSection& section : layout_.sections) {
    if (IsBelow(section.path, path)) rename(section.header, path.size() - 1);
  }
  ForEachHome(path, [&](uint32_t section, const std::string& rest) {
    const Keys& keys = KeysIn(section);
    const size_t part = path.size() - 1 - layout_.sections[section].path.size();
    if (const auto at = keys.at.find(rest); at != keys.at.end())
      rename(layout_.keys[at->second].key, part);
    if (const auto through = keys.through.find(rest); through != keys.through.end()) {
      for (const uint32_t key : through->second) rename(layout_.keys[key].key, part);
    }
  });
  return found;
}

// --- What differs

void TextEdit::ChangeTable(const TomlPath& path, const TomlValue& before, const TomlValue& after) {
  const auto by_key = [](const TomlValue& table) {
    absl::flat_hash_map<std::string_view, const TomlValue*> fields;
    for (const TomlField& field : table.fields) fields.emplace(field.key, &field.value);
    return fields;
  };
  const auto now = by_key(after);
  for (const TomlField& field : before.fields) {
    const auto found = now.find(field.key);
    if (found == now.end()) {
      RemoveField(Below(path, field.key));
    } else if (!IsSameToml(field.value, *found->second)) {
      ChangeField(Below(path, field.key), field.value, *found->second);
    }
  }
  const auto was = by_key(before);
  for (const TomlField* field : InOrder(PartOf(path), after)) {
    if (!was.contains(field->key)) AddField(Below(path, field->key), field->value);
  }
}

void TextEdit::ChangeField(const TomlPath& path, const TomlValue& before, const TomlValue& after) {
  if (const std::optional<uint32_t> key = KeyAt(path)) {
    const TomlSpan value = layout_.keys[*key].value;
    blocks_.Replace(value, MergeToml(value.In(text_), before, after, blocks_.line_end(), changed_));
  } else if (before.kind == Kind::kTable && after.kind == Kind::kTable) {
    ChangeTable(path, before, after);
  } else if (before.kind == Kind::kArray && before.items.size() == after.items.size()) {
    for (size_t i = 0; i < before.items.size(); ++i) {
      if (!IsSameToml(before.items[i], after.items[i]))
        ChangeTable(Below(path, absl::StrCat(i)), before.items[i], after.items[i]);
    }
  } else {
    RemoveField(path);
    AddField(path, after);
  }
}

void TextEdit::RemoveField(const TomlPath& path) {
  const bool is_entry = path.size() == 2 && PartOf(path) != ConfigPart::kSection;
  ForEachHome(path, [&](uint32_t section, const std::string& rest) {
    const Keys& keys = KeysIn(section);
    if (const auto at = keys.at.find(rest); at != keys.at.end()) {
      if (is_entry) {
        blocks_.Remove(blocks_.OfKey(layout_.sections[section], at->second));
      } else {
        blocks_.Replace(layout_.keys[at->second].lines, "");
      }
    }
    if (const auto through = keys.through.find(rest); through != keys.through.end()) {
      for (const uint32_t key : through->second) blocks_.Replace(layout_.keys[key].lines, "");
    }
  });
  for (size_t i = 0; i < layout_.sections.size(); ++i) {
    if (!IsBelow(layout_.sections[i].path, path)) continue;
    blocks_.Remove(blocks_.OfSection(i));
    while (i + 1 < layout_.sections.size() && IsBelow(layout_.sections[i + 1].path, path)) ++i;
  }
}

void TextEdit::AddField(const TomlPath& path, const TomlValue& value) {
  const bool is_root = path.size() == 1;
  if (is_root && value.kind == Kind::kArray) {
    for (const TomlValue& item : value.items) AddSection(path, item, true);
  } else if (value.kind == Kind::kTable && (is_root || PartOf(path) == ConfigPart::kSet)) {
    if (!is_root || path[0] != "sets") return AddSection(path, value, false);
    for (const TomlField& set : value.fields) AddSection(Below(path, set.key), set.value, false);
  } else if (!AddKey(path, value)) {
    AddSection({path.begin(), path.end() - 1}, TableValue({{path.back(), {}, value}}), false);
  }
}

// False where the table that it belongs to has no section, nor a key through which it is written.
bool TextEdit::AddKey(const TomlPath& path, const TomlValue& value) {
  const TomlPath table(path.begin(), path.end() - 1);
  if (const std::optional<uint32_t> section = SectionAt(table)) {
    const TomlSection& home = layout_.sections[*section];
    const std::string line = KeyLine(TomlKeyText(path.back()), value);
    const std::optional<uint32_t> before = before_ ? KeyAt(*before_) : std::nullopt;
    if (before && *before >= home.keys_begin && *before < home.keys_end) {
      blocks_.InsertBefore(blocks_.OfKey(home, *before), IndentOf(layout_.keys[*before]) + line);
      return true;
    }
    // Behind the last of those that one writes before it.
    const ConfigPart part = PartOf(path);
    const size_t rank = RankOf(part, path.back());
    uint32_t at = home.lines.end;
    std::string indent;
    for (uint32_t key = home.keys_begin; key < home.keys_end; ++key) {
      indent = IndentOf(layout_.keys[key]);
      const TomlPath words = KeyWords(text_, layout_.keys[key].key);
      if (RankOf(part, words[0]) <= rank) at = layout_.keys[key].lines.end;
    }
    blocks_.Replace({at, at}, indent + line);
    return true;
  }
  bool added = false;
  ForEachHome(table, [&](uint32_t section, const std::string& rest) {
    const Keys& keys = KeysIn(section);
    const auto through = keys.through.find(rest);
    if (added || through == keys.through.end()) return;
    const TomlKey& last = layout_.keys[through->second.back()];
    std::string key;
    for (size_t i = layout_.sections[section].path.size(); i < path.size(); ++i)
      absl::StrAppend(&key, key.empty() ? "" : ".", TomlKeyText(path[i]));
    blocks_.Replace({last.lines.end, last.lines.end}, IndentOf(last) + KeyLine(key, value));
    added = true;
  });
  return added;
}

void TextEdit::AddSection(const TomlPath& path, const TomlValue& value, bool is_array) {
  std::string name;
  for (const std::string& word : path)
    absl::StrAppend(&name, name.empty() ? "" : ".", TomlKeyText(word));
  std::string block = absl::StrCat(is_array ? "[[" : "[", name, is_array ? "]]" : "]",
                                   std::string(blocks_.line_end()));
  for (const TomlField* field : InOrder(PartOf({path[0], ""}), value))
    block += KeyLine(TomlKeyText(field->key), field->value);
  InsertSection(path, std::move(block));
}

// Behind the last of its kind, or where one would look for the first.
void TextEdit::InsertSection(const TomlPath& path, std::string block) {
  const std::optional<uint32_t> before = before_ ? SectionAt(*before_) : std::nullopt;
  if (before) return blocks_.InsertBefore(blocks_.OfSection(*before), std::move(block));
  const std::vector<TomlSection>& sections = layout_.sections;
  std::optional<size_t> last;
  std::optional<size_t> next;
  for (size_t i = 1; i < sections.size(); ++i) {
    if (sections[i].path[0] == path[0]) last = i;
    if (!next && RankOfTable(sections[i].path[0]) > RankOfTable(path[0])) next = i;
  }
  if (last) {
    // An entry of several sections ends with the last of them.
    size_t first = *last;
    while (first > 1 && IsBelow(sections[first].path, sections[first - 1].path)) --first;
    blocks_.InsertAfter(blocks_.OfSection(first), std::move(block));
  } else if (next) {
    blocks_.InsertBefore(blocks_.OfSection(*next), std::move(block));
  } else {
    blocks_.Append(std::move(block));
  }
}

std::string TextEdit::Run(const TomlValue& root, const TomlValue& meant, const ConfigEdit& edit) {
  switch (edit.kind) {
    case ConfigEdit::Kind::kAdd:
    case ConfigEdit::Kind::kRemove:
    case ConfigEdit::Kind::kMove:
      if (MoveBlocks(root, edit)) return blocks_.Finish();
      break;
    case ConfigEdit::Kind::kRename: {
      changed_ = ChangedItem::kRenamed;
      const std::string key(PartKey(edit.part));
      if (IsArrayPart(edit.part) || edit.name == edit.new_name ||
          !RenameKey({key, edit.name}, edit.new_name))
        break;
      TomlValue renamed = root;
      FindField(FindField(renamed, key)->value, edit.name)->key = edit.new_name;
      ChangeTable({}, renamed, meant);
      return blocks_.Finish();
    }
    default: break;
  }
  ChangeTable({}, root, meant);
  return blocks_.Finish();
}

absl::Status TooLong(size_t size) {
  return absl::InvalidArgumentError(absl::StrCat("expected at most ", limits::kConfigBytesMax >> 20,
                                                 " MB, found ", size,
                                                 " bytes; move long lists into list files"));
}

}  // namespace

absl::StatusOr<std::string> Apply(std::string_view text, const ConfigEdit& edit) {
  if (text.size() > limits::kConfigBytesMax) return TooLong(text.size());
  absl::StatusOr<TomlValue> root = ReadTomlText(text);
  if (!root.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the text is to be mended first: ", std::string(root.status().message())));
  }
  absl::StatusOr<TomlValue> meant = EditValues(*root, edit);
  if (!meant.ok()) return meant.status();

  std::string padded(text);
  const bool is_open = !text.empty() && !text.ends_with('\n');  // its last line has no end
  if (is_open) padded += text.find("\r\n") != text.npos ? "\r\n" : "\n";
  std::string edited = TextEdit(padded).Run(*root, *meant, edit);
  if (is_open && edited.ends_with('\n'))
    edited.resize(edited.size() - (edited.ends_with("\r\n") ? 2 : 1));
  if (edited.size() > limits::kConfigBytesMax) return TooLong(edited.size());

  absl::StatusOr<TomlValue> says = ReadTomlText(edited);
  if (says.ok() && IsSameDocument(*std::move(says), *std::move(meant))) return edited;
  return absl::FailedPreconditionError(absl::StrCat(
      "expected the tables of ",
      edit.part == ConfigPart::kSection ? "a section"
                                        : absl::StrCat("each ", std::string(PartWord(edit.part))),
      " to stand together and to be written plainly, found ", Quote(edit.name),
      " written in another way; edit the text itself"));
}

}  // namespace sluice
