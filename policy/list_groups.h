#ifndef SLUICE_POLICY_LIST_GROUPS_H_
#define SLUICE_POLICY_LIST_GROUPS_H_

// ListGroups: lists that exactly the same rules use, as one group. The sets are built over groups,
// since a list of a million entries may serve thousands of rules; their rows are then translated to
// rows of rules, once per distinct row. Lives while a policy is compiled. One thread.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "policy/row_table.h"
#include "policy/rule.h"

namespace sluice {

class ListGroups {
 public:
  static constexpr uint32_t kUnused = ~uint32_t{0};

  // `ends` has one end of each rule, null for rules that match nothing. Rows of rules go to
  // `rules`.
  ListGroups(size_t lists, absl::Span<const RuleEnd* const> ends, RowBuilder& rules);

  size_t size() const { return rows_.size(); }
  // kUnused where no rule names the list.
  uint32_t of(size_t list) const { return group_of_[list]; }

  // The rules of all groups in a row of `groups`, whose members are the groups and behind them the
  // groups once more. Of the members from `from` on only.
  Row Translate(Row row, const RowBuilder& groups, size_t from = 0);

 private:
  RowBuilder& rules_;
  std::vector<uint32_t> group_of_;  // by list
  std::vector<Row> rows_;           // by group: the rules that use it
  absl::flat_hash_map<std::pair<Row, size_t>, Row> translated_;
  BitSet scratch_;  // of rules; empty between calls
};

}  // namespace sluice

#endif  // SLUICE_POLICY_LIST_GROUPS_H_
