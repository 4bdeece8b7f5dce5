#ifndef SLUICE_POLICY_TEXT_DIFF_H_
#define SLUICE_POLICY_TEXT_DIFF_H_

// The difference of two texts as people and patch(1) read it: unified, with three lines around each
// change. Values only, any thread.

#include <string>
#include <string_view>

namespace sluice {

// Empty where both are the same. What is beyond kTextDiffBytesMax is left out, and a last line says
// so.
inline constexpr size_t kTextDiffBytesMax = 1 << 20;
std::string UnifiedDiff(std::string_view before, std::string_view after,
                        std::string_view before_name, std::string_view after_name);

}  // namespace sluice

#endif  // SLUICE_POLICY_TEXT_DIFF_H_
