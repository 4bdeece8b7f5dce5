#ifndef SLUICE_TOOLS_ADMIN_STORE_REQUEST_LOG_H_
#define SLUICE_TOOLS_ADMIN_STORE_REQUEST_LOG_H_

// RequestLog: sessions that have ended, in a database. They stand in tables of at most an hour, in
// the order in which they ended, and what is too old goes a table at a time, since that costs the
// same however much it is. Keeps nothing in memory, so that it goes on in a file that was begun
// anew.

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "tools/admin/store/database.h"
#include "tools/admin/store/store.h"

namespace sluice {

class RequestLog {
 public:
  struct Options {
    int64_t bytes_max;
    int64_t table_rows_max;
  };
  // Of all that are handed over at a time.
  struct Stamp {
    int64_t revision = 0;
    uint32_t weight = 1;
  };

  explicit RequestLog(const Options& options) : options_(options) {}

  // Inside a transaction. `records`: at least one.
  absl::Status Append(Database& database, absl::Span<const AccessRecord> records,
                      const Stamp& stamp) const;

  // On any connection, outside a transaction.
  static absl::Status ForEach(Database& database, const LogRange& range,
                              absl::FunctionRef<bool(const LoggedRequest&)> visit);
  static absl::StatusOr<uint64_t> Count(Database& database, const LogRange& range);
  // When the oldest ended; InfiniteFuture where there is none.
  static absl::StatusOr<absl::Time> Oldest(Database& database);

 private:
  absl::Status Forget(Database& database) const;

  const Options options_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_REQUEST_LOG_H_
