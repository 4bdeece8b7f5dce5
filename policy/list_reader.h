#ifndef SLUICE_POLICY_LIST_READER_H_
#define SLUICE_POLICY_LIST_READER_H_

// ListReader: fills Config::lists from [sets.…], from list files and from the entries written in
// rules, each file and set once however often it is named; and reads the ends of rules that name
// them. Lives while one configuration is parsed. One thread.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/config.h"
#include "policy/config_errors.h"
#include "policy/entry_text.h"
#include "policy/rule.h"
#include "policy/toml_document.h"

namespace sluice {

class ListReader {
 public:
  ListReader(const FileReader& read_file, ConfigErrors& errors, std::vector<EntryList>* lists,
             std::vector<EntrySet>* sets)
      : read_file_(read_file), errors_(errors), lists_(*lists), sets_(*sets) {}

  // [sets]. Before any rule is read: rules name sets that may stand below them.
  void ReadSets(const TomlValue& sets);

  void ReadSource(const TomlValue& value, RuleEnd* source) { ReadEnd(value, End::kSource, source); }
  void ReadDestination(const TomlValue& value, RuleEnd* destination) {
    ReadEnd(value, End::kDestination, destination);
  }

 private:
  enum class End { kSource, kDestination };
  using Lists = std::vector<uint32_t>;  // places in lists_

  void ReadSet(const TomlField& set);
  void ReadEnd(const TomlValue& value, End end, RuleEnd* out);
  void ReadEndItem(const TomlValue& item, End end, EntryList* own, RuleEnd* out);
  // Entries and "file:…" of an array.
  void ReadEntries(const TomlValue& array, const char* what, EntryKinds kinds, Lists* out);
  void ReadScopedEntry(const TomlValue& item, End end, EntryList* own, RuleEnd* out);
  void ReadEntry(const TomlValue& item, EntryKinds kinds, EntryList* own, Lists* out);
  void AddFile(const TomlValue& item, EntryKinds kinds, Lists* out);
  void AddSet(const TomlValue& item, End end, RuleEnd* out);
  void AddOwn(const TomlValue& array, EntryList own, Lists* out);
  bool HasRoom(const TomlValue& item);

  const FileReader& read_file_;
  ConfigErrors& errors_;
  std::vector<EntryList>& lists_;
  std::vector<EntrySet>& sets_;
  std::map<std::string, uint32_t, std::less<>> set_of_name_;  // place in sets_
  std::map<std::pair<std::string, EntryKinds>, uint32_t> files_;
  size_t entries_ = 0;  // in all lists
};

}  // namespace sluice

#endif  // SLUICE_POLICY_LIST_READER_H_
