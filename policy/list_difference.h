#ifndef SLUICE_POLICY_LIST_DIFFERENCE_H_
#define SLUICE_POLICY_LIST_DIFFERENCE_H_

// How many entries lists of two configurations have that the other's do not. Any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/config.h"
#include "policy/toml_document.h"

namespace sluice {

struct ListDifference {
  size_t more = 0;
  size_t less = 0;

  bool empty() const { return more == 0 && less == 0; }
  std::string Text() const;  // "+12 −1"
};

// Of lists by their places.
ListDifference CompareLists(const Config& before, const std::vector<uint32_t>& lists_before,
                            const Config& after, const std::vector<uint32_t>& lists_after);
// Of lists as they are written.
ListDifference CompareItems(const TomlValue& before, const TomlValue& after);

// The list files that an end of a rule names itself.
std::vector<uint32_t> OwnFiles(const Config& config, const RuleEnd& end);

}  // namespace sluice

#endif  // SLUICE_POLICY_LIST_DIFFERENCE_H_
