#include "policy/toml_edit_values.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/config_entries.h"
#include "policy/config_errors.h"
#include "policy/toml_text.h"

namespace sluice {
namespace {

using Kind = TomlValue::Kind;

absl::Status Expected(std::string_view expected, std::string_view found, std::string_view advice) {
  return absl::InvalidArgumentError(absl::StrCat("expected ", std::string(expected), ", found ",
                                                 std::string(found), "; ", std::string(advice)));
}

std::string Word(ConfigPart part) { return std::string(PartWord(part)); }

bool HasTables(const TomlValue& array) {
  return array.kind == Kind::kArray &&
         std::all_of(array.items.begin(), array.items.end(),
                     [](const TomlValue& item) { return item.kind == Kind::kTable; });
}

// What holds all entries of `part`; nothing where there are none. Of another kind it is not edited.
absl::StatusOr<const TomlValue*> Holder(const TomlValue& root, ConfigPart part) {
  const TomlField* const field = FindField(root, PartKey(part));
  if (field == nullptr) return nullptr;
  const bool fits = IsArrayPart(part) ? HasTables(field->value) : field->value.kind == Kind::kTable;
  if (fits) return &field->value;
  const std::string key = std::string(PartKey(part));
  return Expected(IsArrayPart(part) ? absl::StrCat("tables [[", key, "]]")
                                    : absl::StrCat("a table [", key, "]"),
                  field->value.Describe(), "mend the text first");
}

// The same to be changed, made where there is none.
absl::StatusOr<TomlValue*> OpenHolder(TomlValue& root, ConfigPart part) {
  const absl::StatusOr<const TomlValue*> holder = Holder(root, part);
  if (!holder.ok()) return holder.status();
  if (*holder != nullptr) return const_cast<TomlValue*>(*holder);
  root.fields.push_back(
      {std::string(PartKey(part)), {}, IsArrayPart(part) ? ArrayValue({}) : TableValue({})});
  return &root.fields.back().value;
}

std::vector<std::string> NamesOf(const TomlValue& holder, ConfigPart part) {
  std::vector<std::string> names;
  for (size_t i = 0; i < holder.items.size(); ++i)
    names.push_back(EntryName(part, holder.items[i], i));
  for (const TomlField& field : holder.fields) names.push_back(field.key);
  return names;
}

absl::Status CheckFree(const TomlValue& holder, ConfigPart part, const std::string& name) {
  const std::vector<std::string> names = NamesOf(holder, part);
  if (std::find(names.begin(), names.end(), name) == names.end()) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat("expected a name that no other ", Word(part),
                                               " has, found ", Quote(name),
                                               "; choose another, or change that one"));
}

absl::Status CheckName(ConfigPart part, const std::string& name) {
  if (!name.empty()) return absl::OkStatus();
  return Expected(absl::StrCat("the name of a ", Word(part)), "none", "write one");
}

absl::Status CheckEntryKind(ConfigPart part, const TomlValue& value) {
  const bool is_list = part == ConfigPart::kGroup;
  if (value.kind == (is_list ? Kind::kArray : Kind::kTable)) return absl::OkStatus();
  return Expected(is_list ? "a list of members" : "a table of keys", value.Describe(),
                  "write the whole entry");
}

void SetField(TomlValue& table, std::string_view key, TomlValue value) {
  if (TomlField* const field = FindField(table, key)) {
    field->value = std::move(value);
  } else {
    table.fields.push_back({std::string(key), {}, std::move(value)});
  }
}

void RemoveField(TomlValue& table, std::string_view key) {
  std::erase_if(table.fields, [&](const TomlField& field) { return field.key == key; });
}

// Each text of `list` that is `name` becomes `new_name`.
void RenameIn(TomlValue& list, const std::string& name, const std::string& new_name) {
  for (TomlValue& item : list.items) {
    if (item.kind == Kind::kText && item.text == name) item.text = new_name;
  }
}

// The same in the lists `keys` of each table of `array`, or in a key that is a text.
void RenameInTables(TomlValue& root, std::string_view array,
                    const std::vector<std::string_view>& keys, const std::string& name,
                    const std::string& new_name) {
  TomlField* const tables = FindField(root, array);
  if (tables == nullptr) return;
  for (TomlValue& table : tables->value.items) {
    for (const std::string_view key : keys) {
      TomlField* const field = FindField(table, key);
      if (field == nullptr) continue;
      RenameIn(field->value, name, new_name);
      if (field->value.kind == Kind::kText && field->value.text == name)
        field->value.text = new_name;
    }
  }
}

// --- Edits

class Edit {
 public:
  Edit(TomlValue& root, const ConfigEdit& edit) : root_(root), edit_(edit) {}

  absl::Status Run() {
    switch (edit_.kind) {
      case ConfigEdit::Kind::kAdd: return Add();
      case ConfigEdit::Kind::kReplace: return Replace();
      case ConfigEdit::Kind::kRemove: return Remove();
      case ConfigEdit::Kind::kMove: return Move();
      case ConfigEdit::Kind::kRename: return Rename();
      case ConfigEdit::Kind::kSetKey:
      case ConfigEdit::Kind::kRemoveKey: return ChangeKey();
    }
    return absl::OkStatus();
  }

 private:
  bool is_array() const { return IsArrayPart(edit_.part); }
  absl::StatusOr<size_t> Find(const std::string& name) {
    return FindEntry(root_, edit_.part, name);
  }
  // Where what is added or moved comes to stand, of `size` entries.
  absl::StatusOr<size_t> Target(size_t size) {
    if (!edit_.before) return size;
    return Find(*edit_.before);
  }

  absl::Status Add();
  absl::Status Replace();
  absl::Status Remove();
  absl::Status Move();
  absl::Status Rename();
  void RenameMentions();
  absl::Status ChangeKey();

  TomlValue& root_;
  const ConfigEdit& edit_;
};

absl::Status Edit::Add() {
  if (absl::Status named = CheckName(edit_.part, edit_.name); !named.ok()) return named;
  if (absl::Status kind = CheckEntryKind(edit_.part, edit_.value); !kind.ok()) return kind;
  const absl::StatusOr<TomlValue*> holder = OpenHolder(root_, edit_.part);
  if (!holder.ok()) return holder.status();
  if (absl::Status free = CheckFree(**holder, edit_.part, edit_.name); !free.ok()) return free;
  const absl::StatusOr<size_t> target =
      Target(is_array() ? (*holder)->items.size() : (*holder)->fields.size());
  if (!target.ok()) return target.status();
  TomlValue value = edit_.value;
  if (is_array()) {
    RemoveField(value, "name");
    value.fields.insert(value.fields.begin(), {"name", {}, TextValue(edit_.name)});
    (*holder)->items.insert((*holder)->items.begin() + static_cast<ptrdiff_t>(*target),
                            std::move(value));
  } else {
    (*holder)->fields.insert((*holder)->fields.begin() + static_cast<ptrdiff_t>(*target),
                             {edit_.name, {}, std::move(value)});
  }
  return absl::OkStatus();
}

absl::Status Edit::Replace() {
  const absl::StatusOr<size_t> place = Find(edit_.name);
  if (!place.ok()) return place.status();
  if (absl::Status kind = CheckEntryKind(edit_.part, edit_.value); !kind.ok()) return kind;
  TomlValue& holder = **OpenHolder(root_, edit_.part);
  if (!is_array()) {
    holder.fields[*place].value = edit_.value;
    return absl::OkStatus();
  }
  TomlValue value = edit_.value;
  RemoveField(value, "name");  // another name is a rename
  if (const TomlField* name = FindField(holder.items[*place], "name"))
    value.fields.insert(value.fields.begin(), {"name", {}, name->value});
  holder.items[*place] = std::move(value);
  return absl::OkStatus();
}

absl::Status Edit::Remove() {
  const absl::StatusOr<size_t> place = Find(edit_.name);
  if (!place.ok()) return place.status();
  TomlValue& holder = **OpenHolder(root_, edit_.part);
  const auto offset = static_cast<ptrdiff_t>(*place);
  if (is_array()) {
    holder.items.erase(holder.items.begin() + offset);
  } else {
    holder.fields.erase(holder.fields.begin() + offset);
  }
  return absl::OkStatus();
}

absl::Status Edit::Move() {
  const absl::StatusOr<size_t> place = Find(edit_.name);
  if (!place.ok()) return place.status();
  TomlValue& holder = **OpenHolder(root_, edit_.part);
  const absl::StatusOr<size_t> target = Target(is_array() ? holder.items.size() : 0);
  if (!target.ok()) return target.status();
  if (!is_array()) return absl::OkStatus();  // the order of keys says nothing
  TomlValue moved = std::move(holder.items[*place]);
  holder.items.erase(holder.items.begin() + static_cast<ptrdiff_t>(*place));
  const size_t to = *target > *place ? *target - 1 : *target;
  holder.items.insert(holder.items.begin() + static_cast<ptrdiff_t>(to), std::move(moved));
  return absl::OkStatus();
}

absl::Status Edit::Rename() {
  const absl::StatusOr<size_t> place = Find(edit_.name);
  if (!place.ok()) return place.status();
  if (edit_.name == edit_.new_name) return absl::OkStatus();
  if (absl::Status named = CheckName(edit_.part, edit_.new_name); !named.ok()) return named;
  TomlValue& holder = **OpenHolder(root_, edit_.part);
  if (absl::Status free = CheckFree(holder, edit_.part, edit_.new_name); !free.ok()) return free;
  if (is_array()) {
    SetField(holder.items[*place], "name", TextValue(edit_.new_name));
  } else {
    holder.fields[*place].key = edit_.new_name;
  }
  RenameMentions();
  return absl::OkStatus();
}

void Edit::RenameMentions() {
  const std::string& name = edit_.name;
  const std::string& new_name = edit_.new_name;
  switch (edit_.part) {
    case ConfigPart::kRule: RenameInTables(root_, "test", {"rule"}, name, new_name); break;
    case ConfigPart::kSet:
      RenameInTables(root_, "rule", {"source", "destination"}, "@" + name, "@" + new_name);
      break;
    case ConfigPart::kGroup: RenameInTables(root_, "rule", {"groups"}, name, new_name); break;
    case ConfigPart::kUser:
      RenameInTables(root_, "rule", {"users"}, name, new_name);
      RenameInTables(root_, "test", {"user"}, name, new_name);
      if (TomlField* const groups = FindField(root_, "groups")) {
        for (TomlField& group : groups->value.fields) RenameIn(group.value, name, new_name);
      }
      break;
    case ConfigPart::kTest:
    case ConfigPart::kSection: break;
  }
}

absl::Status Edit::ChangeKey() {
  TomlValue* table = nullptr;
  if (edit_.part == ConfigPart::kSection) {
    if (FindField(root_, edit_.name) == nullptr)
      root_.fields.push_back({edit_.name, {}, TableValue({})});
    table = &FindField(root_, edit_.name)->value;
  } else {
    const absl::StatusOr<size_t> place = Find(edit_.name);
    if (!place.ok()) return place.status();
    TomlValue& holder = **OpenHolder(root_, edit_.part);
    table = is_array() ? &holder.items[*place] : &holder.fields[*place].value;
  }
  if (table->kind != Kind::kTable)
    return Expected("a table with keys", table->Describe(), "replace it as a whole");
  if (edit_.kind == ConfigEdit::Kind::kRemoveKey) {
    RemoveField(*table, edit_.key);
  } else {
    SetField(*table, edit_.key, edit_.value);
  }
  return absl::OkStatus();
}

bool SaysNothing(const TomlField& field) {
  const Kind kind = field.value.kind;
  return (kind == Kind::kArray && field.value.items.empty()) ||
         (kind == Kind::kTable && field.value.fields.empty());
}

}  // namespace

absl::StatusOr<size_t> FindEntry(const TomlValue& root, ConfigPart part, const std::string& name) {
  const absl::StatusOr<const TomlValue*> holder = Holder(root, part);
  if (!holder.ok()) return holder.status();
  const std::vector<std::string> names =
      *holder == nullptr ? std::vector<std::string>() : NamesOf(**holder, part);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    const std::vector<std::string_view> words(names.begin(), names.end());
    return absl::NotFoundError(
        absl::StrCat("expected the name of a ", Word(part), ", found ", Quote(name), "; ",
                     words.empty() ? "there is none yet" : AdviseWord(name, words)));
  }
  if (std::find(found + 1, names.end(), name) != names.end()) {
    return Expected(absl::StrCat("one ", Word(part), " of the name ", Quote(name)), "several",
                    "rename all but one of them in the text");
  }
  return static_cast<size_t>(found - names.begin());
}

absl::StatusOr<TomlValue> EditValues(TomlValue root, const ConfigEdit& edit) {
  const bool of_keys =
      edit.kind == ConfigEdit::Kind::kSetKey || edit.kind == ConfigEdit::Kind::kRemoveKey;
  if (edit.part == ConfigPart::kSection) {
    const std::vector<std::string_view>& sections = SectionNames();
    if (std::find(sections.begin(), sections.end(), edit.name) == sections.end())
      return Expected("a section", Quote(edit.name), AdviseWord(edit.name, sections));
    if (!of_keys) return Expected("a change of its keys", "one of the whole section", "name a key");
  }
  if (of_keys && edit.key.empty()) return Expected("a key", "none", "name one");
  if (of_keys && edit.key == "name" && IsArrayPart(edit.part))
    return Expected("a key other than name", "name", "rename the entry instead");
  if (edit.kind == ConfigEdit::Kind::kAdd || edit.kind == ConfigEdit::Kind::kReplace ||
      edit.kind == ConfigEdit::Kind::kSetKey) {
    if (absl::Status valid = CheckTomlValue(edit.value); !valid.ok()) return valid;
  }
  for (const std::string* text : {&edit.name, &edit.new_name, &edit.key}) {
    if (absl::Status valid = CheckTomlValue(TextValue(*text)); !valid.ok()) return valid;
  }
  if (absl::Status edited = Edit(root, edit).Run(); !edited.ok()) return edited;
  return root;
}

bool IsSameDocument(TomlValue a, TomlValue b) {
  std::erase_if(a.fields, SaysNothing);
  std::erase_if(b.fields, SaysNothing);
  return IsSameToml(a, b);
}

}  // namespace sluice
