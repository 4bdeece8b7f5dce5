#ifndef SLUICE_TOOLS_ADMIN_PAGING_H_
#define SLUICE_TOOLS_ADMIN_PAGING_H_

// Pages of what the store has, as a query asks for them. Values only.

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "tools/admin/http_message.h"
#include "tools/admin/http_target.h"

namespace sluice {

// Rows with growing numbers, newest first.
struct NumberedPage {
  size_t limit;
  int64_t before = 0;  // 0: from the newest
};

// `limit` and `before`. The error is one sentence.
absl::StatusOr<NumberedPage> ReadNumberedPage(const HttpTarget& target);
absl::StatusOr<size_t> ReadLimit(const HttpTarget& target, size_t usual, size_t most);

// What the store could not do: 404 where there is none, else 503.
HttpResponse StoreProblem(const absl::Status& status);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_PAGING_H_
