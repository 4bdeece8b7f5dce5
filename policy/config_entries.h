#ifndef SLUICE_POLICY_CONFIG_ENTRIES_H_
#define SLUICE_POLICY_CONFIG_ENTRIES_H_

// The entries of sluice.toml as they are written: rules, sets, users, groups, tests and the keys of
// sections, by name. Needs TOML only, not a configuration without mistakes. Any thread.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/toml_document.h"
#include "policy/toml_edit.h"

namespace sluice {

// "rule", "set", …: for sentences.
std::string_view PartWord(ConfigPart part);
// The key of the root table under which all of a part stand: "rule", "sets", …; of kSection none.
std::string_view PartKey(ConfigPart part);
// Whether it is an array of tables, and not a table with a key for each.
bool IsArrayPart(ConfigPart part);

// Of the table at `place` of its array: its name, or what it is called without one.
std::string EntryName(ConfigPart part, const TomlValue& entry, size_t place);

// The keys of an entry of `part` in the order in which one writes them; none of kSection.
const std::vector<std::string_view>& KeysOf(ConfigPart part);

// What an entry of `part` says by keys that it does not have, as a table.
const TomlValue& DefaultsOf(ConfigPart part);

// The sections whose keys stand for themselves.
const std::vector<std::string_view>& SectionNames();

struct WrittenEntry {
  std::string name;
  uint32_t line = 0;  // of its [[rule]], [sets.…] or key
  std::string text;   // with the comments that belong to it
  TomlValue value;
};

// In the order of the text. InvalidArgument where `text` is no TOML.
absl::StatusOr<std::vector<WrittenEntry>> ListEntries(std::string_view text, ConfigPart part);

// The whole text as values; the error says where it is no TOML.
absl::StatusOr<TomlValue> ReadTomlText(std::string_view text);

}  // namespace sluice

#endif  // SLUICE_POLICY_CONFIG_ENTRIES_H_
