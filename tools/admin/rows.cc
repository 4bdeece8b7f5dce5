#include "tools/admin/rows.h"

#include <utility>

namespace sluice {
namespace {

std::string CsvCell(const Json& value) {
  if (value.is_null()) return "";
  if (!value.is_string()) return value.dump();
  const std::string clean =
      Json::parse(value.dump(-1, ' ', true, Json::error_handler_t::replace)).get<std::string>();
  const bool formula =
      !clean.empty() && std::string_view("=+-@\t\r").find(clean.front()) != std::string_view::npos;
  std::string cell = formula ? "\"'" : "\"";
  for (const char c : clean) {
    if (c == '"') cell.push_back('"');
    cell.push_back(c);
  }
  return cell + "\"";
}

}  // namespace

absl::StatusOr<RowsFormat> ReadRowsFormat(const HttpTarget& target) {
  const std::string_view format = target.Query("format");
  if (format.empty() || format == "json") return RowsFormat::kJson;
  if (format == "csv") return RowsFormat::kCsv;
  if (format == "ndjson") return RowsFormat::kLines;
  return absl::InvalidArgumentError(
      "expected format=json, csv or ndjson, found another; write one of them");
}

std::string CsvHead(Columns columns) {
  std::string line;
  for (const std::string_view column : columns) line.append(line.empty() ? "" : ",").append(column);
  return line + "\r\n";
}

std::string CsvRow(Columns columns, const Json& row) {
  std::string line;
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto found = row.find(std::string(columns[i]));
    line.append(i == 0 ? "" : ",").append(found == row.end() ? "" : CsvCell(*found));
  }
  return line + "\r\n";
}

RowsText::RowsText(RowsFormat format, Columns columns)
    : format_(format),
      columns_(columns),
      text_(format == RowsFormat::kCsv ? CsvHead(columns) : "") {}

void RowsText::Add(const Json& row) {
  text_ += format_ == RowsFormat::kCsv ? CsvRow(columns_, row) : JsonText(row);
}

HttpResponse RowsText::Finish() && {
  HttpResponse response;
  response.content_type = format_ == RowsFormat::kCsv ? "text/csv; charset=utf-8; header=present"
                                                      : "application/x-ndjson";
  response.body = std::move(text_);
  return response;
}

}  // namespace sluice
