#include "policy/list_file.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/give_way.h"

namespace sluice {

void AppendEntry(const Entry& entry, EntryList* list) {
  if (entry.is_name) {
    list->names.Add(entry.name(), entry.below);
  } else {
    list->addresses.push_back(entry.range);
  }
}

void ParseListFile(std::string_view text, const std::string& file, EntryKinds kinds,
                   size_t entries_max, ConfigErrors& errors, EntryList* list) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  constexpr std::string_view kBlanks = " \t\r";
  Entry entry;
  Complaint complaint;
  size_t entries = 0;
  size_t start = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  for (uint32_t line = 1; start < text.size(); ++line) {
    GiveWay();
    const size_t end = std::min(text.find('\n', start), text.size());
    std::string_view content = text.substr(start, end - start);
    start = end + 1;
    content = content.substr(0, content.find('#'));
    const size_t first = content.find_first_not_of(kBlanks);
    if (first == content.npos) continue;
    const TextPosition at{line, static_cast<uint32_t>(first + 1)};
    content = content.substr(first, content.find_last_not_of(kBlanks) - first + 1);
    if (++entries > entries_max) {
      return errors.AddIn(
          file, at,
          {absl::StrCat("at most ", entries_max, " entries"), "one more", "shorten the list"});
    }
    if (ParseEntry(content, kinds, &entry, &complaint)) {
      AppendEntry(entry, list);
    } else {
      errors.AddIn(file, at, complaint);
    }
  }
}

}  // namespace sluice
