#ifndef SLUICE_POLICY_WARNINGS_H_
#define SLUICE_POLICY_WARNINGS_H_

// Warnings: what is allowed in a configuration and yet is hardly what its author meant. None is
// wrong; many are missed: where only several rules or entries together cover another, where a list
// is long and not the same one (rule_cover.h), what host, clock or name servers decide, whatever is
// switched off, and a denial that the default deny at the end repeats. Any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "policy/config.h"

namespace sluice {

struct Warning {
  enum class Kind : uint8_t {
    // Whatever destination the rule could decide, `other` above it decides, with whatever verdict.
    // Only a denial of the gateway itself may be left to it, which is denied without it too.
    kShadowed,
    // Without the rule `other` below it would decide the same, verdict and all.
    kRedundant,
    // No destination, no client or no user is there that the rule could match.
    kNeverMatches,
    kExpired,
    // No rule names it, not even one that is off.
    kUnusedSet,
    kUnusedGroup,
    // There would be more: the rules are too many to compare them all, or the warnings to read.
    kIncomplete,
  };
  Kind kind;
  std::string rule;   // empty: it is of no rule
  std::string other;  // empty: none
  TextPosition at;
  std::string message;  // one sentence, with what to do
};

// In the order of the text, at most limits::kWarningsMax and one kIncomplete.
std::vector<Warning> FindWarnings(const Config& config, absl::Time now);

// "shadowed", "unused_set".
std::string_view WarningWord(Warning::Kind kind);
// `FILE:LINE:COLUMN: warning: …`.
std::string WarningLine(const Warning& warning, std::string_view file);

}  // namespace sluice

#endif  // SLUICE_POLICY_WARNINGS_H_
