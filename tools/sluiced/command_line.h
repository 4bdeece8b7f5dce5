#ifndef SLUICE_TOOLS_SLUICED_COMMAND_LINE_H_
#define SLUICE_TOOLS_SLUICED_COMMAND_LINE_H_

// The daemon's command line, as far as the flags' library does not see to it: which flags are
// Sluice's own, what they may be, and one sentence for whoever mistyped one. The flags themselves
// stand in main.cc. Main thread, before any other.

#include <cstdint>
#include <string>
#include <vector>

namespace sluice {

// What a flag of numbers may be.
struct FlagRange {
  const char* name;
  int64_t least;
  int64_t most;
  const char* unit;  // "" where there is none
};

// What is wrong with arguments (without the program's name) that has to be seen before they are
// parsed; empty where nothing is. Own flags are those that `file` defines.
std::string FaultOfArguments(const std::vector<std::string>& arguments, const std::string& file);

// What is wrong with the flags once they are parsed; empty where nothing is.
std::string FaultOfFlags(const std::vector<FlagRange>& ranges);

// What --help says.
std::string HelpText(const std::vector<FlagRange>& ranges, const std::string& file);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_COMMAND_LINE_H_
