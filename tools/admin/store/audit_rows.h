#ifndef SLUICE_TOOLS_ADMIN_STORE_AUDIT_ROWS_H_
#define SLUICE_TOOLS_ADMIN_STORE_AUDIT_ROWS_H_

// The audit in a database: rows are only ever added, and the oldest forgotten beyond a bound; the
// hash that they led to is kept, so that the chain can still be followed. Called inside a
// transaction of the store's file.

#include <vector>

#include "tools/admin/store/database.h"
#include "tools/admin/store/store.h"

namespace sluice {

// With its number and hash.
absl::StatusOr<AuditRecord> InsertAudit(Database& database, AuditRecord record,
                                        int64_t records_max);
absl::StatusOr<std::vector<AuditRecord>> SelectAudit(Database& database, int64_t before,
                                                     size_t limit);
absl::StatusOr<AuditVerdict> FollowAudit(Database& database);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_AUDIT_ROWS_H_
