#ifndef SLUICE_TOOLS_ADMIN_LOG_ROWS_H_
#define SLUICE_TOOLS_ADMIN_LOG_ROWS_H_

// What the log and the reports have in common: which requests somebody asks for, and a request as
// the door shows it, in the words of the access log. Values only.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "relay/log/session_filter.h"
#include "tools/admin/administered.h"
#include "tools/admin/http_target.h"
#include "tools/admin/rows.h"

namespace sluice {

struct LogQuestion {
  SessionFilter filter;
  LogRange range;
  RowsFormat format = RowsFormat::kJson;
};

// `filter`, `from`, `to` and `format`. The error is one sentence.
absl::StatusOr<LogQuestion> ReadLogQuestion(const HttpTarget& target);

// 503 where nothing is kept, else nothing.
std::optional<HttpResponse> FaultOfStore(Store& store);

Json RequestJson(const LoggedRequest& request);
Columns RequestColumns();

// Null where it is not known.
Json TimeJson(absl::Time time);

// Numbers over time, in columns of a width that people read: seconds, minutes, hours, days.
class TimeBuckets {
 public:
  // At most kTimeBuckets from the first to the last.
  TimeBuckets(absl::Time first, absl::Time last);
  absl::Time StartOf(absl::Time time) const;
  absl::Duration width() const { return width_; }

 private:
  absl::Duration width_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_LOG_ROWS_H_
