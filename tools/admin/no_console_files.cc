// Of a build without the console.

#include "tools/admin/console_files.h"

namespace sluice {

absl::Span<const ConsoleFile> ConsoleFiles() { return {}; }

std::string_view WhyNoConsole() { return "it was built without one"; }

}  // namespace sluice
