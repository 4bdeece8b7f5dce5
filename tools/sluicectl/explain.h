#ifndef SLUICE_TOOLS_SLUICECTL_EXPLAIN_H_
#define SLUICE_TOOLS_SLUICECTL_EXPLAIN_H_

// The door's explanation of a verdict as a screen: what decides, then every rule with the first
// condition that failed.

#include <string>

#include "tools/sluicectl/fields.h"

namespace sluice {

std::string ExplainScreen(const Json& explanation);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_EXPLAIN_H_
