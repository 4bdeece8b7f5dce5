#include "policy/list_groups.h"

namespace sluice {

ListGroups::ListGroups(size_t lists, absl::Span<const RuleEnd* const> ends, RowBuilder& rules)
    : rules_(rules), group_of_(lists, kUnused), scratch_(ends.size()) {
  std::vector<std::vector<uint32_t>> users(lists);
  for (uint32_t rule = 0; rule < ends.size(); ++rule) {
    if (ends[rule] == nullptr) continue;
    for (const uint32_t list : ends[rule]->lists) users[list].push_back(rule);
  }
  absl::flat_hash_map<Row, uint32_t> group_of_row;
  for (size_t list = 0; list < lists; ++list) {
    if (users[list].empty()) continue;
    for (const uint32_t rule : users[list]) scratch_.Set(rule);
    const Row row = rules_.Intern(scratch_);
    scratch_.ClearAll();
    const auto [group, is_new] = group_of_row.try_emplace(row, static_cast<uint32_t>(rows_.size()));
    if (is_new) rows_.push_back(row);
    group_of_[list] = group->second;
  }
}

Row ListGroups::Translate(Row row, const RowBuilder& groups, size_t from) {
  const auto [found, is_new] = translated_.try_emplace({row, from}, kEmptyRow);
  if (is_new) {
    groups.ForEach(row, [&](size_t member) {
      if (member >= from) rules_.AddTo(rows_[member % rows_.size()], &scratch_);
    });
    found->second = rules_.Intern(scratch_);
    scratch_.ClearAll();
  }
  return found->second;
}

}  // namespace sluice
