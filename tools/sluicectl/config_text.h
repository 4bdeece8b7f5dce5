#ifndef SLUICE_TOOLS_SLUICECTL_CONFIG_TEXT_H_
#define SLUICE_TOOLS_SLUICECTL_CONFIG_TEXT_H_

// The text of a configuration, of a file that somebody names.

#include <istream>
#include <string>

#include "absl/status/statusor.h"

namespace sluice {

// `file` is - for `in`. `verb` is who asks.
absl::StatusOr<std::string> ReadConfigText(const char* verb, const std::string& file,
                                           std::istream& in);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_CONFIG_TEXT_H_
