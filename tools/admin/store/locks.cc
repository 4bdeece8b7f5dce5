#include "tools/admin/store/locks.h"

namespace sluice {

absl::Status ReplaceLocks(Database& database, const std::vector<Lock>& locks) {
  if (absl::Status status = database.Run("DELETE FROM locks"); !status.ok()) return status;
  for (const Lock& lock : locks) {
    absl::Status status =
        database
            .Prepare(
                "INSERT INTO locks(id,user,client,destination,expires,reason,author,at) "
                "VALUES(?,?,?,?,?,?,?,?)")
            .Bind(lock.id, lock.user, lock.client, lock.destination, lock.expires, lock.reason,
                  lock.by, lock.at)
            .Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Lock>> SelectLocks(Database& database) {
  Statement select = database.Prepare(
      "SELECT id,user,client,destination,expires,reason,author,at FROM locks ORDER BY rowid");
  std::vector<Lock> locks;
  while (select.Next()) {
    locks.push_back({.id = select.String(0),
                     .user = select.String(1),
                     .client = select.String(2),
                     .destination = select.String(3),
                     .expires = select.Time(4),
                     .reason = select.String(5),
                     .by = select.String(6),
                     .at = select.Time(7)});
  }
  if (absl::Status status = select.status(); !status.ok()) return status;
  return locks;
}

}  // namespace sluice
