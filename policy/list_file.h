#ifndef SLUICE_POLICY_LIST_FILE_H_
#define SLUICE_POLICY_LIST_FILE_H_

// The text of a list file: one entry a line, `#` starts a comment, blank lines are skipped. A
// million lines take well under a second. Text in, entries out; reads no file. One thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/config_errors.h"
#include "policy/entry_text.h"
#include "policy/rule.h"

namespace sluice {

// Appends the entries of `text` to *list. `file` is what errors call it. Stops with an error at the
// first entry beyond `entries_max`.
void ParseListFile(std::string_view text, const std::string& file, EntryKinds kinds,
                   size_t entries_max, ConfigErrors& errors, EntryList* list);

// The first line of `text` that has this entry; 0 where none has.
uint32_t LineOfRange(std::string_view text, const AddressRange& range);
uint32_t LineOfName(std::string_view text, const NamePattern& name);

// Appends what ParseEntry read.
void AppendEntry(const Entry& entry, EntryList* list);

}  // namespace sluice

#endif  // SLUICE_POLICY_LIST_FILE_H_
