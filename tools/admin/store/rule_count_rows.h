#ifndef SLUICE_TOOLS_ADMIN_STORE_RULE_COUNT_ROWS_H_
#define SLUICE_TOOLS_ADMIN_STORE_RULE_COUNT_ROWS_H_

// What rules did, in a database. Called inside a transaction of the store's file.

#include "tools/admin/store/database.h"
#include "tools/admin/store/store.h"

namespace sluice {

absl::Status ReplaceRuleCounts(Database& database, const RuleCountsByName& counts);
absl::StatusOr<RuleCountsByName> SelectRuleCounts(Database& database);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_RULE_COUNT_ROWS_H_
