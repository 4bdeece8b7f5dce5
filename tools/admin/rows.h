#ifndef SLUICE_TOOLS_ADMIN_ROWS_H_
#define SLUICE_TOOLS_ADMIN_ROWS_H_

// Rows in the three forms in which the door gives them: JSON, CSV (RFC 4180) and a JSON object a
// line. Values only.

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "tools/admin/http_target.h"
#include "tools/admin/json.h"

namespace sluice {

enum class RowsFormat : uint8_t { kJson, kCsv, kLines };

// `format`. The error is one sentence.
absl::StatusOr<RowsFormat> ReadRowsFormat(const HttpTarget& target);

using Columns = absl::Span<const std::string_view>;

// Each with its line end. What a spreadsheet would take for a formula gets a quote before it, since
// users and names come from clients.
std::string CsvHead(Columns columns);
std::string CsvRow(Columns columns, const Json& row);

// A whole text of rows in one of the two forms that are no JSON.
class RowsText {
 public:
  RowsText(RowsFormat format, Columns columns);
  void Add(const Json& row);
  HttpResponse Finish() &&;

 private:
  const RowsFormat format_;
  const Columns columns_;
  std::string text_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_ROWS_H_
