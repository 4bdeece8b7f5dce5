#ifndef SLUICE_POLICY_EXPLAIN_H_
#define SLUICE_POLICY_EXPLAIN_H_

// Explain: what the policy says of one request, by the steps in which a session asks it, and why:
// of every rule the first condition that failed or the entries that matched, and what would have
// to be different. Values for whoever shows them. What clients and configurations said stands in
// them quoted, escaped and cut; a hundred thousand rules are some 20 MB. Takes milliseconds, with
// millions of entries a second: not for a thread that carries traffic. Any other thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "policy/config.h"
#include "policy/decision.h"
#include "policy/rule_grant.h"
#include "policy/rule_walk.h"
#include "policy/snapshot.h"

namespace sluice {

struct ExplainQuestion {
  // As the client makes it: a name, or an address with address_known, or for BIND and UDP ASSOCIATE
  // zeros or neither. A name is no text of an address (Address::ParseLenient). UDP ASSOCIATE with a
  // destination is asked twice, for the association and for a datagram to there; with `datagram`
  // only the latter.
  PolicyRequest request;
  // Those of the name, if they are known; beyond limits::kExplainedAddressesMax they are not asked.
  std::vector<Address> addresses;
  // Whether an address is the gateway itself. Without it the gateway is where socks.listen says, as
  // for a [[test]].
  std::function<bool(const PolicyRequest&)> is_gateway;
};

// An entry that matched.
struct ExplainedEntry {
  std::string text;   // "10.0.0.0/8", "*.example.com", "any", "special-use"; empty: nothing to name
  std::string list;   // as the rule names it: "@payments", "file:payments.txt"; empty: by itself
  std::string file;   // the path of the list file; empty: the configuration
  uint32_t line = 0;  // in that file as it is now; 0: not known
};

struct ExplainedRule {
  std::string name;
  Verdict verdict = Verdict::kDeny;
  bool matched = false;
  bool reached = false;  // false below the rule that decides
  // Not matched: the first condition that failed, and what it wanted and found.
  Condition failed = Condition::kNone;
  std::string wanted;
  std::string found;
  // Matched. A rule that matches a name only because it could allow an address of it has no
  // destination; nor has one where that is not asked.
  ExplainedEntry source;
  ExplainedEntry destination;
};

// The answer to one step.
struct ExplainedStep {
  using Phase = RuleWalk::Question;
  Phase phase = Phase::kName;
  Address address;  // kAddress
  bool gateway_itself = false;
  Decision decision;
  std::string rule;  // the name of what decided: a rule, or kDefaultDenyName
};

// What would be, had one thing been otherwise: `rule "x" were off`.
struct SupposedChange {
  std::string text;                    // to stand behind "if"
  int32_t changed = 0;                 // the place of the rule that would be otherwise,
  Condition holds = Condition::kNone;  // and which condition of it would hold; kNone: it is off
  Verdict verdict = Verdict::kDeny;
  std::string rule;  // that would decide then
};

struct Explanation {
  // What decides in the end. Of several addresses the first that is allowed, or else the first.
  // kResolve where no address of a name is known and rules allow some.
  ExplainedStep decided;
  std::optional<ExplainedStep> association;  // UDP ASSOCIATE
  std::vector<ExplainedStep> addresses;      // each that was asked
  std::vector<ExplainedRule> rules;          // all, as they answer the step that decides
  // Without the rule that decides; and with rules above it that failed on one condition alone, at
  // most limits::kSupposedChangesMax of them, those first that would change the verdict.
  std::vector<SupposedChange> would_change;
  RuleGrant grant;     // of the rule that decides
  bool agrees = true;  // with the index, step by step
};

// `read_file` finds the lines of entries in list files. `in_force`, if not null, was compiled from
// `config`, and is asked the same.
Explanation Explain(const Config& config, absl::Time now, const ExplainQuestion& question,
                    const FileReader& read_file, const Snapshot* in_force = nullptr);

// Fixed words: "source_port", "address", "allow".
std::string_view ConditionWord(Condition condition);
std::string_view PhaseWord(ExplainedStep::Phase phase);
std::string_view VerdictWord(Verdict verdict);

}  // namespace sluice

#endif  // SLUICE_POLICY_EXPLAIN_H_
