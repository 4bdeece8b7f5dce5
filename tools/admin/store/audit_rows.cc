#include "tools/admin/store/audit_rows.h"

#include <string>
#include <utility>

#include "tools/admin/store/audit_chain.h"

namespace sluice {
namespace {

constexpr char kInsert[] =
    "INSERT INTO audit(number,at,who,role,door,origin,action,object,outcome,detail,hash) "
    "VALUES(?,?,?,?,?,?,?,?,?,?,?)";
constexpr char kNewest[] =
    "SELECT number,at,who,role,door,origin,action,object,outcome,detail,hash FROM audit "
    "WHERE number<? ORDER BY number DESC LIMIT ?";
constexpr char kOldest[] =
    "SELECT number,at,who,role,door,origin,action,object,outcome,detail,hash FROM audit "
    "ORDER BY number";

AuditRecord RowOf(const Statement& row) {
  return {.number = row.Int(0),
          .at = row.Time(1),
          .who = row.String(2),
          .role = row.String(3),
          .door = row.String(4),
          .from = row.String(5),
          .action = row.String(6),
          .object = row.String(7),
          .outcome = row.String(8),
          .detail = row.String(9),
          .hash = row.String(10)};
}

// Of the record before the oldest.
absl::StatusOr<std::string> HashBefore(Database& database) {
  Statement select = database.Prepare("SELECT hash FROM audit_before");
  std::string hash = select.Next() ? select.String(0) : "";
  if (absl::Status status = select.status(); !status.ok()) return status;
  return hash;
}

absl::Status Forget(Database& database, const AuditRecord& last) {
  if (absl::Status status = database.Run("DELETE FROM audit_before"); !status.ok()) return status;
  absl::Status status =
      database.Prepare("INSERT INTO audit_before(hash) VALUES(?)").Bind(last.hash).Run();
  if (!status.ok()) return status;
  return database.Prepare("DELETE FROM audit WHERE number<=?").Bind(last.number).Run();
}

}  // namespace

absl::StatusOr<AuditRecord> InsertAudit(Database& database, AuditRecord record,
                                        int64_t records_max) {
  absl::StatusOr<std::vector<AuditRecord>> last = SelectAudit(database, 0, 1);
  if (!last.ok()) return last.status();
  record.number = last->empty() ? 1 : last->front().number + 1;
  record.at = absl::FromUnixMicros(absl::ToUnixMicros(record.at));  // as it will be read
  record.hash = AuditHash(last->empty() ? "" : last->front().hash, record);
  absl::Status status =
      database.Prepare(kInsert)
          .Bind(record.number, record.at, record.who, record.role, record.door, record.from,
                record.action, record.object, record.outcome, record.detail, record.hash)
          .Run();
  if (!status.ok()) return status;
  if (record.number > records_max) {
    absl::StatusOr<std::vector<AuditRecord>> gone =
        SelectAudit(database, record.number - records_max + 1, 1);
    if (!gone.ok()) return gone.status();
    if (!gone->empty()) status = Forget(database, gone->front());
  }
  if (!status.ok()) return status;
  return record;
}

absl::StatusOr<std::vector<AuditRecord>> SelectAudit(Database& database, int64_t before,
                                                     size_t limit) {
  Statement select = database.Prepare(kNewest);
  select.Bind(before > 0 ? before : INT64_MAX, uint64_t{limit});
  std::vector<AuditRecord> records;
  while (select.Next()) records.push_back(RowOf(select));
  if (absl::Status status = select.status(); !status.ok()) return status;
  return records;
}

absl::StatusOr<AuditVerdict> FollowAudit(Database& database) {
  absl::StatusOr<std::string> before = HashBefore(database);
  if (!before.ok()) return before.status();
  Statement select = database.Prepare(kOldest);
  std::optional<AuditChain> chain;
  while (select.Next()) {
    const AuditRecord record = RowOf(select);
    // Without a hash before it, the oldest one is the first.
    if (!chain.has_value()) chain.emplace(*before, before->empty() ? 1 : record.number);
    chain->Add(record);
  }
  if (absl::Status status = select.status(); !status.ok()) return status;
  return chain.has_value() ? chain->verdict() : AuditVerdict();
}

}  // namespace sluice
