#ifndef SLUICE_TOOLS_ADMIN_CONSOLE_FILES_H_
#define SLUICE_TOOLS_ADMIN_CONSOLE_FILES_H_

// The files of the web console, as they are built into the daemon.

#include <string_view>

#include "absl/types/span.h"

namespace sluice {

struct ConsoleFile {
  std::string_view path;  // "/" or "/assets/NAME", where NAME changes with what is in the file
  std::string_view type;
  std::string_view etag;   // with its quotes
  std::string_view bytes;  // compressed by gzip
};

absl::Span<const ConsoleFile> ConsoleFiles();

// Why there are none, as the end of a sentence; empty where there are some.
std::string_view WhyNoConsole();

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_CONSOLE_FILES_H_
