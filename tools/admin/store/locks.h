#ifndef SLUICE_TOOLS_ADMIN_STORE_LOCKS_H_
#define SLUICE_TOOLS_ADMIN_STORE_LOCKS_H_

// Locks in a database, all of them at a time. Called inside a transaction of the store's file.

#include <vector>

#include "tools/admin/store/database.h"
#include "tools/admin/store/store.h"

namespace sluice {

absl::Status ReplaceLocks(Database& database, const std::vector<Lock>& locks);
absl::StatusOr<std::vector<Lock>> SelectLocks(Database& database);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_LOCKS_H_
