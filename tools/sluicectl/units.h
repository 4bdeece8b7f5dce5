#ifndef SLUICE_TOOLS_SLUICECTL_UNITS_H_
#define SLUICE_TOOLS_SLUICECTL_UNITS_H_

// Numbers as people read them, in the units of the filter language: powers of 1000, and the two
// largest units of a time.

#include <cstdint>
#include <string>

namespace sluice {

std::string HumanBytes(uint64_t bytes);        // "812 B", "4.2 MB"
std::string HumanNumber(uint64_t number);      // "12,304"
std::string HumanTime(uint64_t milliseconds);  // "850ms", "40s", "3m12s", "12d4h"

// "1 rule", "2 rules".
std::string Counted(uint64_t count, const char* one, const char* many);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_UNITS_H_
