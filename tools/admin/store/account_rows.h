#ifndef SLUICE_TOOLS_ADMIN_STORE_ACCOUNT_ROWS_H_
#define SLUICE_TOOLS_ADMIN_STORE_ACCOUNT_ROWS_H_

// Administrators and tokens in a database. Called inside a transaction of the store's file.

#include <string_view>
#include <vector>

#include "tools/admin/store/database.h"
#include "tools/admin/store/store.h"

namespace sluice {

absl::Status UpsertAdministrator(Database& database, const AdministratorRow& row);
absl::Status DeleteAdministratorRow(Database& database, std::string_view name);
absl::StatusOr<AdministratorRow> SelectAdministrator(Database& database, std::string_view name);
absl::StatusOr<std::vector<AdministratorRow>> SelectAdministrators(Database& database);

absl::Status UpsertToken(Database& database, const TokenRow& row);
absl::Status DeleteTokenRow(Database& database, std::string_view id);
absl::StatusOr<TokenRow> SelectToken(Database& database, std::string_view id);
absl::StatusOr<std::vector<TokenRow>> SelectTokens(Database& database);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_ACCOUNT_ROWS_H_
