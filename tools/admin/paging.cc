#include "tools/admin/paging.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tools/admin/bounds.h"
#include "tools/admin/problem.h"

namespace sluice {

absl::StatusOr<size_t> ReadLimit(const HttpTarget& target, size_t usual, size_t most) {
  const std::string_view text = target.Query("limit");
  size_t limit = usual;
  if (text.empty()) return limit;
  if (absl::SimpleAtoi(std::string(text), &limit) && limit > 0 && limit <= most) return limit;
  return absl::InvalidArgumentError(
      absl::StrCat("expected a limit from 1 to ", most, ", found another; ask for more in pages"));
}

absl::StatusOr<NumberedPage> ReadNumberedPage(const HttpTarget& target) {
  const absl::StatusOr<size_t> limit =
      ReadLimit(target, admin_bounds::kPage, admin_bounds::kPageMax);
  if (!limit.ok()) return limit.status();
  NumberedPage page{*limit};
  const std::string_view before = target.Query("before");
  if (before.empty()) return page;
  if (absl::SimpleAtoi(std::string(before), &page.before) && page.before > 0) return page;
  return absl::InvalidArgumentError(
      "expected before=N with \"next\" of the page before, found another; begin without");
}

HttpResponse StoreProblem(const absl::Status& status) {
  return Problem(absl::IsNotFound(status) ? 404 : 503, std::string(status.message()));
}

}  // namespace sluice
