#include "tools/admin/store/rule_count_rows.h"

namespace sluice {

absl::Status ReplaceRuleCounts(Database& database, const RuleCountsByName& counts) {
  if (absl::Status status = database.Run("DELETE FROM rule_counts"); !status.ok()) return status;
  for (const auto& [name, one] : counts) {
    absl::Status status =
        database
            .Prepare(
                "INSERT INTO rule_counts(rule,hits,bytes_up,bytes_down,first,last) "
                "VALUES(?,?,?,?,?,?)")
            .Bind(name, one.hits, one.bytes_up, one.bytes_down, one.first, one.last)
            .Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<RuleCountsByName> SelectRuleCounts(Database& database) {
  Statement select =
      database.Prepare("SELECT rule,hits,bytes_up,bytes_down,first,last FROM rule_counts");
  RuleCountsByName counts;
  while (select.Next()) {
    counts[select.String(0)] = {.hits = select.Count(1),
                                .sessions = 0,
                                .bytes_up = select.Count(2),
                                .bytes_down = select.Count(3),
                                .first = select.Time(4),
                                .last = select.Time(5)};
  }
  if (absl::Status status = select.status(); !status.ok()) return status;
  return counts;
}

}  // namespace sluice
