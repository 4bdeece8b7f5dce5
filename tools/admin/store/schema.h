#ifndef SLUICE_TOOLS_ADMIN_STORE_SCHEMA_H_
#define SLUICE_TOOLS_ADMIN_STORE_SCHEMA_H_

// The tables of the store's files, and how a file of an earlier release becomes one of this: its
// user_version says how many steps it has taken. Steps that were released are never changed.

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "tools/admin/store/database.h"

namespace sluice {

// Each takes a file one version on.
using Schema = absl::Span<const char* const>;

Schema StoreSchema();  // store.db
Schema LogSchema();    // log.db; its tables of requests come and go (request_log.h)

// FailedPrecondition where the file is of a later release.
absl::Status Migrate(Database& database, Schema schema);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_SCHEMA_H_
