#include "policy/list_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "policy/list_file.h"
#include "policy/scope_reader.h"
#include "policy/toml_fields.h"
#include "policy/value_readers.h"

namespace sluice {
namespace {

constexpr std::string_view kFilePrefix = "file:";

}  // namespace

// --- Sets

void ListReader::ReadSets(const TomlValue& sets) {
  if (sets.kind != TomlValue::Kind::kTable) {
    return errors_.Add(sets.at, {"tables such as [sets.office]", sets.Describe(),
                                 "give each set a table of its own"});
  }
  for (const TomlField& set : sets.fields) ReadSet(set);
}

void ListReader::ReadSet(const TomlField& set) {
  if (!IsListName(set.key)) {
    return errors_.Add(set.at,
                       {absl::StrCat("a set's name of letters, digits, \"-\" and \"_\", at most ",
                                     limits::kRuleNameBytesMax),
                        Quote(set.key), "rename the set"});
  }
  const auto [known, is_new] =
      set_of_name_.try_emplace(set.key, static_cast<uint32_t>(sets_.size()));
  if (is_new) sets_.push_back({set.key, set.at, {}});
  Lists& lists = sets_[known->second].lists;
  ReadTable(set.value, absl::StrCat("[sets.", set.key, "]"),
            {
                {"addresses",
                 [&](const TomlValue& value) {
                   ReadEntries(value, "a list of addresses", kAddressEntries, &lists);
                 }},
                {"hosts",
                 [&](const TomlValue& value) {
                   ReadEntries(value, "a list of host names", kNameEntries, &lists);
                 }},
            },
            errors_);
}

void ListReader::ReadEntries(const TomlValue& array, const char* what, EntryKinds kinds,
                             Lists* out) {
  if (array.kind != TomlValue::Kind::kArray) {
    return errors_.Add(array.at, {what, array.Describe(), "write it as a list: [\"…\", \"…\"]"});
  }
  EntryList own;
  for (const TomlValue& item : array.items) {
    if (IsText(item, "an entry", errors_)) ReadEntry(item, kinds, &own, out);
  }
  AddOwn(array, std::move(own), out);
}

// --- The ends of rules

void ListReader::ReadEnd(const TomlValue& value, End end, RuleEnd* out) {
  *out = RuleEnd{};
  const char* what = end == End::kSource ? "a list of sources" : "a list of destinations";
  if (!IsFilledArray(value, what, errors_)) return;
  EntryList own;
  for (const TomlValue& item : value.items) {
    if (IsText(item, "an entry", errors_)) ReadEndItem(item, end, &own, out);
  }
  AddOwn(value, std::move(own), &out->lists);
  std::sort(out->lists.begin(), out->lists.end());
  out->lists.erase(std::unique(out->lists.begin(), out->lists.end()), out->lists.end());
}

void ListReader::ReadEndItem(const TomlValue& item, End end, EntryList* own, RuleEnd* out) {
  if (item.text == "any") {
    out->any = true;
  } else if (item.text.starts_with("@")) {
    AddSet(item, end, out);
  } else if (item.text == "special-use" && end == End::kSource) {
    errors_.Add(item.at, {"an address, a range, a CIDR or a set", Quote(item.text),
                          "special-use stands only in a destination; name the addresses here"});
  } else if (item.text == "special-use") {
    out->special_use = true;
  } else if (HasScope(item.text) && !item.text.starts_with(kFilePrefix)) {
    ReadScopedEntry(item, end, own, out);
  } else {
    ReadEntry(item, end == End::kSource ? kAddressEntries : kAllEntries, own, &out->lists);
  }
}

void ListReader::AddSet(const TomlValue& item, End end, RuleEnd* out) {
  const std::string name = item.text.substr(1);
  const auto set = set_of_name_.find(name);
  if (set == set_of_name_.end()) {
    std::vector<std::string> written;
    for (const auto& [known, place] : set_of_name_) written.push_back("@" + known);
    const std::vector<std::string_view> words(written.begin(), written.end());
    return errors_.Add(item.at, {"the name of a set", Quote(item.text),
                                 words.empty() ? absl::StrCat("write a table [sets.", name, "]")
                                               : AdviseWord(item.text, words)});
  }
  const auto has_addresses = [&](uint32_t list) { return !lists_[list].addresses.empty(); };
  const Lists& lists = sets_[set->second].lists;
  if (end == End::kSource && !lists.empty() &&
      std::none_of(lists.begin(), lists.end(), has_addresses)) {
    return errors_.Add(
        item.at, {"a set with addresses", absl::StrCat(Quote(item.text), ", which has only hosts"),
                  "a source is an address: give the set addresses"});
  }
  out->lists.insert(out->lists.end(), lists.begin(), lists.end());
  out->sets.push_back(set->second);
}

// --- Entries

// Only rules have them: what a set says is the same wherever it is used.
void ListReader::ReadScopedEntry(const TomlValue& item, End end, EntryList* own, RuleEnd* out) {
  ScopedRange scoped;
  if (!HasRoom(item) || !ReadScopedRange(item, errors_, &scoped.range, &scoped.interface)) return;
  ++entries_;
  if (end == End::kSource) return own->scoped.push_back(std::move(scoped));
  own->addresses.push_back(scoped.range);
  if (out->interface.empty()) out->interface = scoped.interface;
  if (out->interface == scoped.interface) return;
  errors_.Add(item.at,
              {absl::StrCat("the scope \"%", out->interface, "\" alone"),
               absl::StrCat("another one, ", item.Describe()), "write a rule for each interface"});
}

void ListReader::ReadEntry(const TomlValue& item, EntryKinds kinds, EntryList* own, Lists* out) {
  if (item.text.starts_with(kFilePrefix)) return AddFile(item, kinds, out);
  if (!HasRoom(item)) return;
  Entry entry;
  Complaint complaint;
  if (!ParseEntry(item.text, kinds, &entry, &complaint)) return errors_.Add(item.at, complaint);
  AppendEntry(entry, own);
  ++entries_;
}

void ListReader::AddFile(const TomlValue& item, EntryKinds kinds, Lists* out) {
  const std::string path = item.text.substr(kFilePrefix.size());
  if (path.empty() || HasControl(path)) {
    return errors_.Add(item.at, {"the path of a list file", Quote(item.text),
                                 "write for instance \"file:lists/partners.txt\""});
  }
  const auto [known, is_new] =
      files_.try_emplace({path, kinds}, static_cast<uint32_t>(lists_.size()));
  if (is_new) {
    lists_.emplace_back().file = path;
    const absl::StatusOr<std::string> text = read_file_(path);
    if (!text.ok()) {
      return errors_.Add(
          item.at, {"a readable list file",
                    absl::StrCat(Quote(path), " (", std::string(text.status().message()), ")"),
                    "a path is relative to the folder of this file"});
    }
    if (text->size() > limits::kConfigBytesMax) {
      return errors_.Add(
          item.at, {absl::StrCat("a list file of at most ", limits::kConfigBytesMax >> 20, " MB"),
                    absl::StrCat(Quote(path), " with ", text->size(), " bytes"), "split the list"});
    }
    EntryList& list = lists_.back();
    ParseListFile(*text, path, kinds,
                  limits::kListEntriesMax - std::min(entries_, limits::kListEntriesMax), errors_,
                  &list);
    entries_ += list.addresses.size() + list.names.size();
  }
  out->push_back(known->second);
}

void ListReader::AddOwn(const TomlValue& array, EntryList own, Lists* out) {
  if (own.addresses.empty() && own.scoped.empty() && own.names.empty()) return;
  const auto is_beside = [&](const TomlValue& item) { return item.at.line == array.at.line; };
  if (std::all_of(array.items.begin(), array.items.end(), is_beside)) own.line = array.at.line;
  out->push_back(static_cast<uint32_t>(lists_.size()));
  lists_.push_back(std::move(own));
}

bool ListReader::HasRoom(const TomlValue& item) {
  if (entries_ < limits::kListEntriesMax) return true;
  errors_.Add(item.at, {absl::StrCat("at most ", limits::kListEntriesMax, " entries in all lists"),
                        "one more", "shorten the lists"});
  return false;
}

}  // namespace sluice
