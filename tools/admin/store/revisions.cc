#include "tools/admin/store/revisions.h"

#include "absl/strings/str_cat.h"
#include "tools/admin/store/bounds.h"
#include "tools/admin/store/faults.h"

namespace sluice {
namespace {

Revision RowOf(const Statement& row) {
  return {.number = row.Int(0),
          .at = row.Time(1),
          .author = row.String(2),
          .from = row.String(3),
          .message = row.String(4),
          .text = row.String(5),
          .sha256 = row.String(6),
          .base_sha256 = row.String(7),
          .tests = row.String(8),
          .impact = row.String(9)};
}

}  // namespace

absl::StatusOr<int64_t> InsertRevision(Database& database, const Revision& revision) {
  absl::Status status =
      database
          .Prepare(
              "INSERT INTO revisions(at,author,origin,message,text,sha256,base_sha256,tests,"
              "impact) VALUES(?,?,?,?,?,?,?,?,?)")
          .Bind(revision.at, revision.author, revision.from, revision.message, revision.text,
                revision.sha256, revision.base_sha256, revision.tests, revision.impact)
          .Run();
  if (!status.ok()) return status;
  const int64_t number = database.last_insert();
  status = database.Prepare("DELETE FROM revisions WHERE number<=?")
               .Bind(number - store_bounds::kRevisionsMax)
               .Run();
  if (!status.ok()) return status;
  return number;
}

absl::StatusOr<std::vector<Revision>> SelectRevisions(Database& database, int64_t before,
                                                      size_t limit) {
  Statement select = database.Prepare(
      "SELECT number,at,author,origin,message,'',sha256,base_sha256,tests,impact FROM revisions "
      "WHERE number<? ORDER BY number DESC LIMIT ?");
  select.Bind(before > 0 ? before : INT64_MAX, uint64_t{limit});
  std::vector<Revision> revisions;
  while (select.Next()) revisions.push_back(RowOf(select));
  if (absl::Status status = select.status(); !status.ok()) return status;
  return revisions;
}

absl::StatusOr<Revision> SelectRevision(Database& database, int64_t number) {
  Statement select = database.Prepare(
      "SELECT number,at,author,origin,message,text,sha256,base_sha256,tests,impact FROM revisions "
      "WHERE number=?");
  select.Bind(number);
  if (select.Next()) return RowOf(select);
  if (absl::Status status = select.status(); !status.ok()) return status;
  return NoSuchRevision(number);
}

}  // namespace sluice
