#ifndef SLUICE_POLICY_EXPLAIN_TEXT_H_
#define SLUICE_POLICY_EXPLAIN_TEXT_H_

// What an explanation says in words: entries as one writes them, what a condition wanted and found.
// Names are quoted, escaped and cut; lists are cut to what a person reads. Any thread.

#include <string>

#include "absl/time/time.h"
#include "policy/rule_walk.h"

namespace sluice {

// `10.0.0.0/8`, `192.0.2.1`, `192.0.2.1-192.0.2.9`; with an interface `fe80::%eth0/64`.
std::string RangeText(const AddressRange& range, std::string_view interface = {});
// As it could stand in the configuration; empty where there is none.
std::string EntryTextOf(const Config& config, const EntryPlace& place);

// Of a condition that failed.
std::string WantedText(const Config& config, const Rule& rule, Condition failed,
                       const RuleWalk& walk);
std::string FoundText(absl::Time now, const Rule& rule, Condition failed, const RuleWalk& walk);

// What to suppose for `failed` to hold, or with kNone for the rule not to match: to stand behind
// "if".
std::string SupposedText(const Rule& rule, Condition failed, const RuleWalk& walk);

}  // namespace sluice

#endif  // SLUICE_POLICY_EXPLAIN_TEXT_H_
