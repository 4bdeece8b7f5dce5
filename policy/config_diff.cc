// A part at a time:
//   1. Entries of both sides that have one name are the same entry.
//   2. Of the others, those that say the same are one under another name.
//   3. What is left came or went; what stayed may have changed, and rules may have moved.

#include "policy/config_diff.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/give_way.h"
#include "policy/config_entries.h"
#include "policy/config_errors.h"
#include "policy/entry_text.h"
#include "policy/list_difference.h"
#include "policy/sequence_diff.h"
#include "policy/toml_text.h"

namespace sluice {
namespace {

using Kind = TomlValue::Kind;
using Op = ConfigChange::Op;

constexpr size_t kShownBytesMax = 80;  // of a value in a sentence

struct Entry {
  std::string name;
  TomlValue value;                // without the name
  std::optional<size_t> partner;  // its place on the other side
};

// What a person reads of a value.
std::string Shown(const TomlValue& value) {
  std::string text = TomlText(value);
  if (text.size() <= kShownBytesMax) return text;
  size_t cut = kShownBytesMax;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  return text.substr(0, cut) + "…";
}

// A value as it is compared: "60s" is "1m", and 443 among ports is "443".
TomlValue Meant(const TomlValue& value) {
  TomlValue meant = value;
  absl::Duration duration;
  Complaint complaint;
  if (value.kind == Kind::kText && ParseDurationText(value.text, &duration, &complaint))
    meant.text = absl::FormatDuration(duration);
  for (TomlValue& item : meant.items) {
    if (item.kind == Kind::kInteger) item = TextValue(absl::StrCat(item.integer));
  }
  return meant;
}

std::vector<Entry> EntriesOf(const TomlValue& root, ConfigPart part) {
  std::vector<Entry> entries;
  const TomlField* const holder = FindField(root, PartKey(part));
  if (holder == nullptr) return entries;
  for (size_t i = 0; i < holder->value.items.size(); ++i) {
    entries.push_back({EntryName(part, holder->value.items[i], i), holder->value.items[i], {}});
    std::erase_if(entries.back().value.fields,
                  [](const TomlField& field) { return field.key == "name"; });
  }
  for (const TomlField& field : holder->value.fields)
    entries.push_back({field.key, field.value, {}});
  return entries;
}

// The lines of an entry; never of a user, which has a secret.
std::string Lines(ConfigPart part, const Entry& entry) {
  if (part == ConfigPart::kUser) return "";
  if (entry.value.kind != Kind::kTable) return TomlText(entry.value);
  std::string lines;
  for (const TomlField& field : entry.value.fields)
    absl::StrAppend(&lines, TomlKeyText(field.key), " = ", TomlText(field.value), "\n");
  return lines;
}

const TomlValue* ValueOf(const TomlValue& table, const TomlValue& defaults, std::string_view key) {
  if (const TomlField* field = FindField(table, key)) return &field->value;
  const TomlField* const field = FindField(defaults, key);
  return field == nullptr ? nullptr : &field->value;
}

class Diff {
 public:
  Diff(const TomlValue& before, const TomlValue& after, const Config* config_before,
       const Config* config_after)
      : before_(before),
        after_(after),
        config_before_(config_before),
        config_after_(config_after),
        has_configs_(config_before != nullptr && config_after != nullptr) {}

  void CompareKeys(const std::string& section, const TomlValue& defaults);
  void ComparePart(ConfigPart part);
  ConfigDiff Take() { return std::move(diff_); }

 private:
  void Add(ConfigChange change) {
    if (diff_.changes.size() < kConfigChangesMax) {
      diff_.changes.push_back(std::move(change));
    } else {
      ++diff_.left_out;
    }
  }
  void Pair();
  void PairRenamed();
  void AddMoved();
  void AddChanged(const Entry& before, const Entry& after);
  // What has changed in an entry, as the end of a sentence; empty where nothing has.
  std::string ChangedText(const Entry& before, const Entry& after);
  std::string ChangedSet(const Entry& before, const Entry& after);
  std::string ChangedFiles(const std::string& before, const std::string& after);
  std::string ChangedFields(const Entry& before, const Entry& after);
  std::string Called(const std::string& name) const {
    return absl::StrCat(std::string(PartWord(part_)), " ", Quote(name));
  }

  const TomlValue& before_;
  const TomlValue& after_;
  const Config* const config_before_;
  const Config* const config_after_;
  const bool has_configs_;
  ConfigPart part_ = ConfigPart::kRule;  // that is compared, with its entries
  std::vector<Entry> was_;
  std::vector<Entry> is_;
  // Of Config::rules by their names, made when they are needed.
  absl::flat_hash_map<std::string, const Rule*> rules_before_;
  absl::flat_hash_map<std::string, const Rule*> rules_after_;
  ConfigDiff diff_;
};

// --- Keys

void Diff::CompareKeys(const std::string& section, const TomlValue& defaults) {
  const TomlValue none = TableValue({});
  const auto table = [&](const TomlValue& root) -> const TomlValue& {
    const TomlField* const field = FindField(root, section);
    return field == nullptr ? none : field->value;
  };
  const TomlValue& was = table(before_);
  const TomlValue& is = table(after_);
  std::vector<std::string> keys;
  for (const TomlValue* of : {&defaults, &was, &is}) {
    for (const TomlField& field : of->fields) {
      if (std::find(keys.begin(), keys.end(), field.key) == keys.end()) keys.push_back(field.key);
    }
  }
  for (const std::string& key : keys) {
    const TomlValue* const x = ValueOf(was, defaults, key);
    const TomlValue* const y = ValueOf(is, defaults, key);
    if (x != nullptr && y != nullptr && IsSameToml(Meant(*x), Meant(*y))) continue;
    const std::string name = absl::StrCat(section, ".", key);
    const auto told = [](const TomlValue* value) { return value ? Shown(*value) : "not written"; };
    Add({ConfigPart::kSection, Op::kChanged, name, "", x ? TomlText(*x) : "", y ? TomlText(*y) : "",
         absl::StrCat(name, " was ", told(x), ", is ", told(y))});
  }
}

// --- Entries

void Diff::ComparePart(ConfigPart part) {
  part_ = part;
  was_ = EntriesOf(before_, part);
  is_ = EntriesOf(after_, part);
  Pair();
  PairRenamed();
  for (const Entry& entry : was_) {
    if (entry.partner) continue;
    Add({part, Op::kRemoved, entry.name, "", Lines(part, entry), "",
         Called(entry.name) + " is removed"});
  }
  for (size_t i = 0; i < is_.size(); ++i) {
    GiveWay();
    const Entry& entry = is_[i];
    if (entry.partner) {
      AddChanged(was_[*entry.partner], entry);
      continue;
    }
    std::string text = Called(entry.name) + " is new";
    if (part == ConfigPart::kRule) {
      const TomlValue* const verdict = ValueOf(entry.value, DefaultsOf(part), "verdict");
      absl::StrAppend(&text, ": ", verdict->text == "allow" ? "allow" : "deny", ", ",
                      i + 1 < is_.size() ? "above " + Quote(is_[i + 1].name) : "the last one");
    }
    Add({part, Op::kAdded, entry.name, "", "", Lines(part, entry), text});
  }
  if (part == ConfigPart::kRule) AddMoved();
}

// By name; where several have one, in their order.
void Diff::Pair() {
  absl::flat_hash_map<std::string, std::vector<size_t>> places;
  for (size_t i = was_.size(); i-- > 0;) places[was_[i].name].push_back(i);
  for (size_t i = 0; i < is_.size(); ++i) {
    const auto found = places.find(is_[i].name);
    if (found == places.end() || found->second.empty()) continue;
    is_[i].partner = found->second.back();
    was_[found->second.back()].partner = i;
    found->second.pop_back();
  }
}

void Diff::PairRenamed() {
  absl::flat_hash_map<std::string, std::vector<size_t>> places;
  const auto says = [&](const Entry& entry) {
    TomlValue sorted = entry.value;
    std::sort(sorted.fields.begin(), sorted.fields.end(),
              [](const TomlField& a, const TomlField& b) { return a.key < b.key; });
    return TomlText(sorted);
  };
  for (size_t i = was_.size(); i-- > 0;) {
    const bool says_any = !was_[i].value.fields.empty() || !was_[i].value.items.empty();
    if (!was_[i].partner && says_any) places[says(was_[i])].push_back(i);
  }
  if (places.empty()) return;
  for (size_t i = 0; i < is_.size(); ++i) {
    if (is_[i].partner) continue;
    const auto found = places.find(says(is_[i]));
    if (found == places.end() || found->second.empty()) continue;
    is_[i].partner = found->second.back();
    was_[found->second.back()].partner = i;
    found->second.pop_back();
  }
}

void Diff::AddMoved() {
  std::vector<uint32_t> places;
  std::vector<size_t> at;
  for (size_t i = 0; i < is_.size(); ++i) {
    if (!is_[i].partner) continue;
    places.push_back(static_cast<uint32_t>(*is_[i].partner));
    at.push_back(i);
  }
  std::vector<bool> stays(places.size(), false);
  for (const uint32_t place : LongestAscending(places)) stays[place] = true;
  for (size_t i = 0; i < places.size(); ++i) {
    if (stays[i]) continue;
    const size_t place = at[i];
    const bool last = place + 1 == is_.size();
    Add({part_, Op::kMoved, is_[place].name, absl::StrCat(places[i] + 1), "", "",
         absl::StrCat(Called(is_[place].name), " moved from place ", places[i] + 1, " to ",
                      place + 1, last ? "" : ", above " + Quote(is_[place + 1].name))});
  }
}

void Diff::AddChanged(const Entry& before, const Entry& after) {
  if (before.name != after.name) {
    Add({part_, Op::kRenamed, after.name, before.name, "", "",
         absl::StrCat(Called(before.name), " is called ", Quote(after.name), " now")});
  }
  const std::string text = ChangedText(before, after);
  if (text.empty()) return;
  Add({part_, Op::kChanged, after.name, "", Lines(part_, before), Lines(part_, after),
       absl::StrCat(Called(after.name), ": ", text)});
}

std::string Diff::ChangedText(const Entry& before, const Entry& after) {
  switch (part_) {
    case ConfigPart::kUser:
      return IsSameToml(before.value, after.value) ? "" : "has another password";
    case ConfigPart::kGroup: {
      const ListDifference members = CompareItems(before.value, after.value);
      return members.empty() ? "" : members.Text() + " members";
    }
    case ConfigPart::kSet: return ChangedSet(before, after);
    default: break;
  }
  std::string text = ChangedFields(before, after);
  if (part_ == ConfigPart::kRule && has_configs_ && text.empty())
    text = ChangedFiles(before.name, after.name);
  return text;
}

std::string Diff::ChangedSet(const Entry& before, const Entry& after) {
  ListDifference entries;
  const auto find = [](const Config& config, const std::string& name) {
    return std::find_if(config.sets.begin(), config.sets.end(),
                        [&](const EntrySet& set) { return set.name == name; });
  };
  if (has_configs_) {
    const auto x = find(*config_before_, before.name);
    const auto y = find(*config_after_, after.name);
    if (x != config_before_->sets.end() && y != config_after_->sets.end())
      entries = CompareLists(*config_before_, x->lists, *config_after_, y->lists);
  } else {
    const TomlValue none = ArrayValue({});
    for (const char* key : {"addresses", "hosts"}) {
      const TomlValue* const x = ValueOf(before.value, none, key);
      const TomlValue* const y = ValueOf(after.value, none, key);
      const ListDifference more = CompareItems(x ? *x : none, y ? *y : none);
      entries.more += more.more;
      entries.less += more.less;
    }
  }
  return entries.empty() ? "" : entries.Text() + " entries";
}

// What list files say that a rule names itself.
std::string Diff::ChangedFiles(const std::string& before, const std::string& after) {
  const auto fill = [](const Config& config, absl::flat_hash_map<std::string, const Rule*>* out) {
    if (!out->empty()) return;
    for (const Rule& rule : config.rules) out->emplace(rule.name, &rule);
  };
  fill(*config_before_, &rules_before_);
  fill(*config_after_, &rules_after_);
  const auto x = rules_before_.find(before);
  const auto y = rules_after_.find(after);
  if (x == rules_before_.end() || y == rules_after_.end()) return "";
  std::string text;
  for (const auto& [key, end] :
       {std::pair("source", &Rule::source), std::pair("destination", &Rule::destination)}) {
    const std::vector<uint32_t> was = OwnFiles(*config_before_, x->second->*end);
    const std::vector<uint32_t> is = OwnFiles(*config_after_, y->second->*end);
    if (was.empty() && is.empty()) continue;
    const ListDifference entries = CompareLists(*config_before_, was, *config_after_, is);
    if (entries.empty()) continue;
    absl::StrAppend(&text, text.empty() ? "" : "; ", key, " has ", entries.Text(),
                    " entries in list files");
  }
  return text;
}

std::string Diff::ChangedFields(const Entry& before, const Entry& after) {
  const TomlValue& defaults = DefaultsOf(part_);
  std::vector<std::string_view> keys = KeysOf(part_);
  for (const Entry* entry : {&before, &after}) {
    for (const TomlField& field : entry->value.fields) {
      if (std::find(keys.begin(), keys.end(), field.key) == keys.end()) keys.push_back(field.key);
    }
  }
  std::string text;
  for (const std::string_view key : keys) {
    const TomlValue* const x = ValueOf(before.value, defaults, key);
    const TomlValue* const y = ValueOf(after.value, defaults, key);
    if (x == nullptr && y == nullptr) continue;
    if (x != nullptr && y != nullptr && IsSameToml(Meant(*x), Meant(*y))) continue;
    absl::StrAppend(&text, text.empty() ? "" : "; ", std::string(key), " was ",
                    x ? Shown(*x) : "not there", ", is ", y ? Shown(*y) : "not there");
  }
  return text;
}

}  // namespace

std::string_view ChangeWord(ConfigChange::Op op) {
  switch (op) {
    case Op::kAdded: return "added";
    case Op::kRemoved: return "removed";
    case Op::kChanged: return "changed";
    case Op::kMoved: return "moved";
    case Op::kRenamed: return "renamed";
  }
  return "changed";
}

std::string_view ChangedPartWord(ConfigPart part) {
  return part == ConfigPart::kSection ? "key" : PartWord(part);
}

absl::StatusOr<ConfigDiff> DiffConfigs(const ConfigSide& before, const ConfigSide& after,
                                       const TomlValue& defaults) {
  const absl::StatusOr<TomlValue> root_before = ReadTomlText(before.text);
  if (!root_before.ok()) return root_before.status();
  const absl::StatusOr<TomlValue> root_after = ReadTomlText(after.text);
  if (!root_after.ok()) return root_after.status();
  Diff diff(*root_before, *root_after, before.config, after.config);
  const TomlValue none = TableValue({});
  for (const std::string_view section : SectionNames()) {
    const TomlField* const of = FindField(defaults, section);
    diff.CompareKeys(std::string(section), of == nullptr ? none : of->value);
  }
  for (const ConfigPart part : {ConfigPart::kUser, ConfigPart::kGroup, ConfigPart::kSet,
                                ConfigPart::kRule, ConfigPart::kTest})
    diff.ComparePart(part);
  return diff.Take();
}

}  // namespace sluice
