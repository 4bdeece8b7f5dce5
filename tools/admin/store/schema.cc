#include "tools/admin/store/schema.h"

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// Times are microseconds since 1970; the largest number is never.
constexpr const char* kStoreSteps[] = {
    R"sql(
CREATE TABLE revisions(
  number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, author TEXT NOT NULL,
  origin TEXT NOT NULL, message TEXT NOT NULL, text TEXT NOT NULL, sha256 TEXT NOT NULL,
  base_sha256 TEXT NOT NULL, tests TEXT NOT NULL, impact TEXT NOT NULL);
CREATE TABLE audit(
  number INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL,
  door TEXT NOT NULL, origin TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,
  outcome TEXT NOT NULL, detail TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE audit_before(hash TEXT NOT NULL);
CREATE TABLE locks(
  id TEXT PRIMARY KEY, user TEXT NOT NULL, client TEXT NOT NULL, destination TEXT NOT NULL,
  expires INTEGER NOT NULL, reason TEXT NOT NULL, author TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE administrators(
  name TEXT PRIMARY KEY, role TEXT NOT NULL, password_hash TEXT NOT NULL,
  created INTEGER NOT NULL, changed INTEGER NOT NULL);
CREATE TABLE tokens(
  id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, hash TEXT NOT NULL,
  author TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL,
  last_used INTEGER NOT NULL);
CREATE TABLE rule_counts(
  rule TEXT PRIMARY KEY, hits INTEGER NOT NULL, bytes_up INTEGER NOT NULL,
  bytes_down INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL);
)sql",
};

// Of each table of requests: the numbers and the times that it has.
constexpr const char* kLogSteps[] = {
    R"sql(
CREATE TABLE request_tables(
  number INTEGER PRIMARY KEY, first_number INTEGER NOT NULL, last_number INTEGER NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL);
)sql",
};

}  // namespace

Schema StoreSchema() { return kStoreSteps; }
Schema LogSchema() { return kLogSteps; }

absl::Status Migrate(Database& database, Schema schema) {
  const absl::StatusOr<int64_t> version = database.Number("PRAGMA user_version");
  if (!version.ok()) return version.status();
  const auto known = static_cast<int64_t>(schema.size());
  if (*version < 0 || *version > known) {
    return absl::FailedPreconditionError(absl::StrCat(
        "expected a file of version ", known, " at most, found version ", *version,
        ", which a later release has made; start that release, or name another folder"));
  }
  for (int64_t step = *version; step < known; ++step) {
    Transaction transaction(database);
    absl::Status status = database.Run(
        absl::StrCat(schema[static_cast<size_t>(step)], "PRAGMA user_version=", step + 1, ";"));
    if (status.ok()) status = transaction.Commit();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace sluice
