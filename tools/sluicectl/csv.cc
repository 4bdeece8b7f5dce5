#include "tools/sluicectl/csv.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice {

std::string CsvCell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

std::string Csv(const std::vector<const char*>& names, const Json& list) {
  std::string lines = absl::StrJoin(names, ",") + "\r\n";
  for (const Json& object : list) {
    std::vector<std::string> cells;
    for (const char* name : names) {
      const Json& field = FieldOf(object, name);
      cells.push_back(CsvCell(field.is_structured() ? field.dump() : TextOf(object, name)));
    }
    absl::StrAppend(&lines, absl::StrJoin(cells, ","), "\r\n");
  }
  return lines;
}

}  // namespace sluice
