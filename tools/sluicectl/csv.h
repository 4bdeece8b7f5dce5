#ifndef SLUICE_TOOLS_SLUICECTL_CSV_H_
#define SLUICE_TOOLS_SLUICECTL_CSV_H_

// Comma-separated values as RFC 4180 has them: a line of names, then a line per object, CRLF.

#include <string>
#include <string_view>
#include <vector>

#include "tools/sluicectl/fields.h"

namespace sluice {

// Quoted where it has to be.
std::string CsvCell(std::string_view text);

// The named fields of each object of a list.
std::string Csv(const std::vector<const char*>& names, const Json& list);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_CSV_H_
