#include "tools/admin/store/account_rows.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "tools/admin/store/bounds.h"
#include "tools/admin/store/faults.h"

namespace sluice {
namespace {

constexpr char kAdministrators[] =
    "SELECT name,role,password_hash,created,changed FROM administrators";
constexpr char kTokens[] = "SELECT id,name,role,hash,author,created,expires,last_used FROM tokens";

absl::Status CheckRoom(Database& database, const std::string& table, size_t most) {
  const absl::StatusOr<int64_t> rows = database.Number("SELECT count(*) FROM " + table);
  if (!rows.ok()) return rows.status();
  return static_cast<size_t>(*rows) <= most ? absl::OkStatus() : TooManyAccounts(most);
}

absl::Status DeleteOne(Database& database, const std::string& sql, std::string_view key) {
  if (absl::Status status = database.Prepare(sql).Bind(key).Run(); !status.ok()) return status;
  return database.changes() > 0 ? absl::OkStatus() : NoSuchAccount();
}

AdministratorRow AdministratorOf(const Statement& row) {
  return {.name = row.String(0),
          .role = row.String(1),
          .password_hash = row.String(2),
          .created = row.Time(3),
          .changed = row.Time(4)};
}

TokenRow TokenOf(const Statement& row) {
  return {.id = row.String(0),
          .name = row.String(1),
          .role = row.String(2),
          .hash = row.String(3),
          .by = row.String(4),
          .created = row.Time(5),
          .expires = row.Time(6),
          .last_used = row.Time(7)};
}

template <typename Row>
absl::StatusOr<Row> One(Statement select, std::string_view key, Row (*row_of)(const Statement&)) {
  select.Bind(key);
  if (select.Next()) return row_of(select);
  if (absl::Status status = select.status(); !status.ok()) return status;
  return NoSuchAccount();
}

template <typename Row>
absl::StatusOr<std::vector<Row>> All(Statement select, Row (*row_of)(const Statement&)) {
  std::vector<Row> rows;
  while (select.Next()) rows.push_back(row_of(select));
  if (absl::Status status = select.status(); !status.ok()) return status;
  return rows;
}

}  // namespace

absl::Status UpsertAdministrator(Database& database, const AdministratorRow& row) {
  absl::Status status = database
                            .Prepare(
                                "INSERT OR REPLACE INTO administrators(name,role,"
                                "password_hash,created,changed) VALUES(?,?,?,?,?)")
                            .Bind(row.name, row.role, row.password_hash, row.created, row.changed)
                            .Run();
  if (!status.ok()) return status;
  return CheckRoom(database, "administrators", store_bounds::kAdministratorsMax);
}

absl::Status DeleteAdministratorRow(Database& database, std::string_view name) {
  return DeleteOne(database, "DELETE FROM administrators WHERE name=?", name);
}

absl::StatusOr<AdministratorRow> SelectAdministrator(Database& database, std::string_view name) {
  return One(database.Prepare(absl::StrCat(kAdministrators, " WHERE name=?")), name,
             AdministratorOf);
}

absl::StatusOr<std::vector<AdministratorRow>> SelectAdministrators(Database& database) {
  return All(database.Prepare(absl::StrCat(kAdministrators, " ORDER BY name")), AdministratorOf);
}

absl::Status UpsertToken(Database& database, const TokenRow& row) {
  absl::Status status =
      database
          .Prepare(
              "INSERT OR REPLACE INTO tokens(id,name,role,hash,author,created,expires,"
              "last_used) VALUES(?,?,?,?,?,?,?,?)")
          .Bind(row.id, row.name, row.role, row.hash, row.by, row.created, row.expires,
                row.last_used)
          .Run();
  if (!status.ok()) return status;
  return CheckRoom(database, "tokens", store_bounds::kTokensMax);
}

absl::Status DeleteTokenRow(Database& database, std::string_view id) {
  return DeleteOne(database, "DELETE FROM tokens WHERE id=?", id);
}

absl::StatusOr<TokenRow> SelectToken(Database& database, std::string_view id) {
  return One(database.Prepare(absl::StrCat(kTokens, " WHERE id=?")), id, TokenOf);
}

absl::StatusOr<std::vector<TokenRow>> SelectTokens(Database& database) {
  return All(database.Prepare(absl::StrCat(kTokens, " ORDER BY id")), TokenOf);
}

}  // namespace sluice
