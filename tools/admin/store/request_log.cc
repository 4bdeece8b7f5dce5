#include "tools/admin/store/request_log.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tools/admin/store/bounds.h"
#include "tools/admin/store/request_rows.h"

namespace sluice {
namespace {

struct Table {
  int64_t number = 0;
  int64_t first_number = 0;
  int64_t last_number = 0;
  absl::Time first_at = absl::InfiniteFuture();
  absl::Time last_at = absl::InfinitePast();

  std::string name() const { return absl::StrCat("requests_", number); }
  int64_t rows() const { return last_number - first_number + 1; }
};

// Newest first.
absl::StatusOr<std::vector<Table>> Tables(Database& database) {
  Statement select = database.Prepare(
      "SELECT number,first_number,last_number,first_at,last_at FROM request_tables "
      "ORDER BY number DESC");
  std::vector<Table> tables;
  while (select.Next()) {
    tables.push_back({select.Int(0), select.Int(1), select.Int(2), select.Time(3), select.Time(4)});
  }
  if (absl::Status status = select.status(); !status.ok()) return status;
  return tables;
}

absl::Status Begin(Database& database, const Table& table) {
  database.ForgetStatements();  // those of tables before
  return database.Run(CreateRequestsSql(table.name()));
}

absl::Status Keep(Database& database, const Table& table) {
  return database
      .Prepare(
          "INSERT OR REPLACE INTO request_tables(number,first_number,last_number,first_at,"
          "last_at) VALUES(?,?,?,?,?)")
      .Bind(table.number, table.first_number, table.last_number, table.first_at, table.last_at)
      .Run();
}

absl::Time EndOf(const AccessRecord& record) { return record.started + record.duration; }

bool MayHave(const Table& table, const LogRange& range) {
  return table.first_number < range.below && table.first_at < range.to &&
         table.last_at >= range.from;
}

}  // namespace

absl::Status RequestLog::Append(Database& database, absl::Span<const AccessRecord> records,
                                const Stamp& stamp) const {
  absl::StatusOr<std::vector<Table>> tables = Tables(database);
  if (!tables.ok()) return tables.status();
  Table table = tables->empty() ? Table() : tables->front();
  const bool full = table.number == 0 || table.rows() >= options_.table_rows_max ||
                    EndOf(records.front()) - table.first_at >= store_bounds::kLogTableTime;
  if (full) {
    table = {.number = table.number + 1,
             .first_number = table.last_number + 1,
             .last_number = table.last_number};
    if (absl::Status status = Begin(database, table); !status.ok()) return status;
  }
  const std::string sql = InsertRequestSql(table.name());
  for (const AccessRecord& record : records) {
    const LoggedRequest request{++table.last_number, EndOf(record), stamp.revision, stamp.weight,
                                record};
    table.first_at = std::min(table.first_at, request.at);
    table.last_at = std::max(table.last_at, request.at);
    Statement insert = database.Prepare(sql);
    BindRequest(request, &insert);
    if (absl::Status status = insert.Run(); !status.ok()) return status;
  }
  if (absl::Status status = Keep(database, table); !status.ok()) return status;
  return full ? Forget(database) : absl::OkStatus();
}

// The oldest tables, until the rest has room for one more within the bound. What they leave free
// the next ones take.
absl::Status RequestLog::Forget(Database& database) const {
  const absl::StatusOr<int64_t> page = database.Number("PRAGMA page_size");
  if (!page.ok()) return page.status();
  absl::StatusOr<std::vector<Table>> tables = Tables(database);
  if (!tables.ok()) return tables.status();
  while (tables->size() > 2) {
    const absl::StatusOr<int64_t> pages = database.Number("PRAGMA page_count");
    const absl::StatusOr<int64_t> unused = database.Number("PRAGMA freelist_count");
    if (!pages.ok() || !unused.ok()) return pages.ok() ? unused.status() : pages.status();
    const int64_t part = options_.bytes_max / store_bounds::kLogTablesAtBound;
    if ((*pages - *unused) * *page + part <= options_.bytes_max) break;
    const Table oldest = tables->back();
    tables->pop_back();
    database.ForgetStatements();
    absl::Status status = database.Run(absl::StrCat(
        "DROP TABLE ", oldest.name(), "; DELETE FROM request_tables WHERE number=", oldest.number));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status RequestLog::ForEach(Database& database, const LogRange& range,
                                 absl::FunctionRef<bool(const LoggedRequest&)> visit) {
  if (absl::Status status = database.Run("BEGIN"); !status.ok()) return status;
  absl::StatusOr<std::vector<Table>> tables = Tables(database);
  absl::Status status = tables.status();
  LoggedRequest request;
  bool wanted = true;
  for (size_t i = 0; status.ok() && wanted && i < tables->size(); ++i) {
    if (!MayHave((*tables)[i], range)) continue;
    Statement select = database.PrepareOnce(SelectRequestsSql((*tables)[i].name()));
    select.Bind(range.from, range.to, range.below);
    while (wanted && select.Next()) {
      ReadRequest(select, &request);
      wanted = visit(request);
    }
    status = select.status();
  }
  database.Run("COMMIT").IgnoreError();
  return status;
}

// Of tables that lie in the range in part, that part of their rows.
absl::StatusOr<uint64_t> RequestLog::Count(Database& database, const LogRange& range) {
  absl::StatusOr<std::vector<Table>> tables = Tables(database);
  if (!tables.ok()) return tables.status();
  double rows = 0;
  for (const Table& table : *tables) {
    if (!MayHave(table, range)) continue;
    const int64_t below = std::min(table.last_number + 1, range.below);
    double part = static_cast<double>(below - table.first_number);
    const absl::Duration whole = table.last_at - table.first_at;
    if (whole > absl::ZeroDuration()) {
      const absl::Duration inside =
          std::min(table.last_at, range.to) - std::max(table.first_at, range.from);
      part *= std::clamp(absl::FDivDuration(inside, whole), 0.0, 1.0);
    }
    rows += part;
  }
  return static_cast<uint64_t>(rows + 0.5);
}

absl::StatusOr<absl::Time> RequestLog::Oldest(Database& database) {
  absl::StatusOr<std::vector<Table>> tables = Tables(database);
  if (!tables.ok()) return tables.status();
  return tables->empty() ? absl::InfiniteFuture() : tables->back().first_at;
}

}  // namespace sluice
