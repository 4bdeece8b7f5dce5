#include "relay/names/hosts_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/give_way.h"
#include "core/limits.h"
#include "relay/names/file_words.h"

namespace sluice {
namespace {

std::string Canonical(std::string_view word) {
  std::string name(word);
  absl::AsciiStrToLower(&name);
  if (name.size() > 1 && name.back() == '.') name.pop_back();
  return name;
}

}  // namespace

absl::StatusOr<HostsTable> HostsTable::Parse(std::string_view text) {
  std::vector<std::pair<std::string, Address>> pairs;
  while (!text.empty()) {
    GiveWay();
    std::string_view line = TakeLine(&text, "#");
    const std::optional<Address> address = Address::Parse(TakeWord(&line));
    if (!address.has_value()) continue;
    for (std::string_view word = TakeWord(&line); !word.empty(); word = TakeWord(&line)) {
      if (word.size() > limits::kNameBytesMax) continue;
      if (pairs.size() == limits::kHostsNamesMax) {
        return absl::ResourceExhaustedError(absl::StrCat(
            "expected at most ", limits::kHostsNamesMax, " names, found more; take some out"));
      }
      pairs.emplace_back(Canonical(word), *address);
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) {
    GiveWay();
    return a.first < b.first;
  });
  HostsTable table;
  for (auto& [name, address] : pairs) {
    if (table.names_.empty() || table.names_.back().text != name)
      table.names_.push_back({std::move(name), static_cast<uint32_t>(table.addresses_.size()), 0});
    ++table.names_.back().count;
    table.addresses_.push_back(address);
  }
  return table;
}

absl::Span<const Address> HostsTable::Find(std::string_view name) const {
  const auto found = std::lower_bound(names_.begin(), names_.end(), name,
                                      [](const Name& a, std::string_view b) { return a.text < b; });
  if (found == names_.end() || found->text != name) return {};
  return absl::MakeConstSpan(addresses_).subspan(found->first, found->count);
}

}  // namespace sluice
