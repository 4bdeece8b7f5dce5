#ifndef SLUICE_TOOLS_SLUICECTL_COMPLETION_H_
#define SLUICE_TOOLS_SLUICECTL_COMPLETION_H_

// What could stand where somebody types: verbs, options and their values, keys of filters, and the
// names of open sessions, for which the door is asked.

#include <string>
#include <vector>

#include "tools/sluicectl/door.h"

namespace sluice {

// `words`: those behind the program's name, the last being the one that is typed, maybe empty.
std::vector<std::string> Completions(const std::vector<std::string>& words, Door& door);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_COMPLETION_H_
