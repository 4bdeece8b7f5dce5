#ifndef SLUICE_TOOLS_SLUICED_FIRST_SCREEN_H_
#define SLUICE_TOOLS_SLUICED_FIRST_SCREEN_H_

// What an operator wants to know of a gateway that has just started: what it was told, where it
// listens, how to try it and how to stop it. Lines for the log, made of values; any thread.

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "policy/auth_settings.h"

namespace sluice {

// "1 rule", "2 rules".
std::string Counted(size_t number, const char* what);

// Which configuration it is, and what it lets through. `path` is empty for the built-in one.
std::string ConfigurationLine(const std::string& path, size_t rules);

// Where the administrator's door is, and what to say there first.
std::string DoorLine(const std::string& path);

// Where a browser finds the console, and how one gets in.
std::string ConsoleLine(absl::Span<const std::string> urls);

// The last lines: where clients connect to, how to do that, and the signals.
std::vector<std::string> ReadyLines(absl::Span<const std::string> listening,
                                    const AuthSettings& auth, int pid);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_FIRST_SCREEN_H_
