#ifndef SLUICE_TOOLS_ADMIN_STORE_REVISIONS_H_
#define SLUICE_TOOLS_ADMIN_STORE_REVISIONS_H_

// Revisions in a database. Called inside a transaction of the store's file.

#include <vector>

#include "tools/admin/store/database.h"
#include "tools/admin/store/store.h"

namespace sluice {

absl::StatusOr<int64_t> InsertRevision(Database& database, const Revision& revision);
absl::StatusOr<std::vector<Revision>> SelectRevisions(Database& database, int64_t before,
                                                      size_t limit);
absl::StatusOr<Revision> SelectRevision(Database& database, int64_t number);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_REVISIONS_H_
