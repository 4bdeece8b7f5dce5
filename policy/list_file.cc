#include "policy/list_file.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/give_way.h"

namespace sluice {
namespace {

// Goes through the lines that have an entry.
class EntryLines {
 public:
  explicit EntryLines(std::string_view text)
      : text_(text), next_(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0) {}

  bool Next();
  TextPosition at() const { return at_; }
  std::string_view content() const { return content_; }

 private:
  static constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  static constexpr std::string_view kBlanks = " \t\r";

  const std::string_view text_;
  size_t next_;  // where the next line starts
  TextPosition at_{0, 1};
  std::string_view content_;  // without comment and blanks
};

bool EntryLines::Next() {
  while (next_ < text_.size()) {
    GiveWay();
    ++at_.line;
    const size_t end = std::min(text_.find('\n', next_), text_.size());
    std::string_view line = text_.substr(next_, end - next_);
    next_ = end + 1;
    line = line.substr(0, line.find('#'));
    const size_t first = line.find_first_not_of(kBlanks);
    if (first == line.npos) continue;
    at_.column = static_cast<uint32_t>(first + 1);
    content_ = line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
    return true;
  }
  return false;
}

template <typename Is>
uint32_t FindLine(std::string_view text, Is is) {
  Entry entry;
  Complaint complaint;
  for (EntryLines lines(text); lines.Next();) {
    if (ParseEntry(lines.content(), kAllEntries, &entry, &complaint) && is(entry))
      return lines.at().line;
  }
  return 0;
}

}  // namespace

void AppendEntry(const Entry& entry, EntryList* list) {
  if (entry.is_name) {
    list->names.Add(entry.name(), entry.below);
  } else {
    list->addresses.push_back(entry.range);
  }
}

void ParseListFile(std::string_view text, const std::string& file, EntryKinds kinds,
                   size_t entries_max, ConfigErrors& errors, EntryList* list) {
  Entry entry;
  Complaint complaint;
  size_t entries = 0;
  for (EntryLines lines(text); lines.Next();) {
    if (++entries > entries_max) {
      return errors.AddIn(
          file, lines.at(),
          {absl::StrCat("at most ", entries_max, " entries"), "one more", "shorten the list"});
    }
    if (ParseEntry(lines.content(), kinds, &entry, &complaint)) {
      AppendEntry(entry, list);
    } else {
      errors.AddIn(file, lines.at(), complaint);
    }
  }
}

uint32_t LineOfRange(std::string_view text, const AddressRange& range) {
  return FindLine(text, [&](const Entry& entry) { return !entry.is_name && entry.range == range; });
}

uint32_t LineOfName(std::string_view text, const NamePattern& name) {
  return FindLine(text, [&](const Entry& entry) {
    return entry.is_name && entry.below == name.below && entry.name() == name.name;
  });
}

}  // namespace sluice
