#include "policy/list_difference.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/give_way.h"
#include "policy/toml_text.h"

namespace sluice {
namespace {

using Names = std::vector<std::pair<std::string_view, bool>>;

template <typename Entries>
void Compare(Entries before, Entries after, ListDifference* out) {
  if (before == after) return;
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  auto x = before.begin();
  auto y = after.begin();
  while (x != before.end() || y != after.end()) {
    GiveWay();
    if (y == after.end() || (x != before.end() && *x < *y)) {
      ++out->less;
      ++x;
    } else if (x == before.end() || *y < *x) {
      ++out->more;
      ++y;
    } else {
      ++x;
      ++y;
    }
  }
}

std::vector<AddressRange> AddressesOf(const Config& config, const std::vector<uint32_t>& lists) {
  std::vector<AddressRange> ranges;
  for (const uint32_t list : lists) {
    const std::vector<AddressRange>& more = config.lists[list].addresses;
    ranges.insert(ranges.end(), more.begin(), more.end());
  }
  return ranges;
}

Names NamesOf(const Config& config, const std::vector<uint32_t>& lists) {
  Names names;
  for (const uint32_t list : lists) {
    const NameList& more = config.lists[list].names;
    for (size_t i = 0; i < more.size(); ++i) names.emplace_back(more[i].name, more[i].below);
  }
  return names;
}

}  // namespace

std::string ListDifference::Text() const {
  std::string text;
  if (more > 0) absl::StrAppend(&text, "+", more);
  if (less > 0) absl::StrAppend(&text, text.empty() ? "" : " ", "−", less);
  return text;
}

ListDifference CompareLists(const Config& before, const std::vector<uint32_t>& lists_before,
                            const Config& after, const std::vector<uint32_t>& lists_after) {
  ListDifference difference;
  Compare(AddressesOf(before, lists_before), AddressesOf(after, lists_after), &difference);
  Compare(NamesOf(before, lists_before), NamesOf(after, lists_after), &difference);
  return difference;
}

ListDifference CompareItems(const TomlValue& before, const TomlValue& after) {
  const auto texts = [](const TomlValue& list) {
    std::vector<std::string> out;
    for (const TomlValue& item : list.items) out.push_back(TomlText(item));
    return out;
  };
  ListDifference difference;
  Compare(texts(before), texts(after), &difference);
  return difference;
}

std::vector<uint32_t> OwnFiles(const Config& config, const RuleEnd& end) {
  std::vector<uint32_t> of_sets;
  for (const uint32_t set : end.sets) {
    const std::vector<uint32_t>& lists = config.sets[set].lists;
    of_sets.insert(of_sets.end(), lists.begin(), lists.end());
  }
  std::vector<uint32_t> files;
  for (const uint32_t list : end.lists) {
    const bool of_set = std::find(of_sets.begin(), of_sets.end(), list) != of_sets.end();
    if (!of_set && !config.lists[list].file.empty()) files.push_back(list);
  }
  return files;
}

}  // namespace sluice
