#ifndef SLUICE_POLICY_RULE_H_
#define SLUICE_POLICY_RULE_H_

// Rule: one [[rule]] of sluice.toml as values, and the entry lists that rules share. Checked by
// config.h, compiled by snapshot.h; nothing here decides. Values only, any thread.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "policy/address_range.h"
#include "policy/decision.h"
#include "policy/name_list.h"
#include "policy/rule_grant.h"
#include "policy/toml_document.h"

namespace sluice {

// Link-local addresses as one interface has them.
struct ScopedRange {
  AddressRange range;
  std::string interface;
};

// What one set, one list file or the entries written in one rule hold. Rules refer to lists by
// place, so that a list of a million entries exists once however many rules name it.
struct EntryList {
  std::vector<AddressRange> addresses;
  std::vector<ScopedRange> scoped;
  NameList names;

  // Where the entries stand, for whoever asks why. Of a list file its path as the configuration
  // writes it, else empty: in the configuration itself, and then their line where all share one.
  // No entry has a line of its own, since a list has a million of them.
  std::string file;
  uint32_t line = 0;  // 0: not known
};

// One [sets.…].
struct EntrySet {
  std::string name;             // without "@"
  TextPosition at;              // of its definition
  std::vector<uint32_t> lists;  // places in Config::lists
};

// One end of a rule. A source uses only the addresses of its lists, with and without scope.
struct RuleEnd {
  bool any = false;
  bool special_use = false;  // destination only: every special-use address and the gateway itself
  std::vector<uint32_t> lists;  // places in Config::lists, ascending: those of its sets too
  std::vector<uint32_t> sets;   // places in Config::sets, as the rule names them
  std::string interface;        // destination only: the scope of its addresses, or empty
};

// The users that a rule is for. Each part that is said must hold.
struct RuleUsers {
  bool authenticated = false;  // any user will do
  std::vector<std::string> names;
  std::vector<uint32_t> groups;  // places in Config::groups

  // It asks for no user at all.
  bool is_everybody() const { return !authenticated && names.empty() && groups.empty(); }
  // It asks for a user, and not for a certain one.
  bool is_any_user() const { return authenticated && names.empty() && groups.empty(); }
};

struct Rule {
  TextPosition at;   // of its [[rule]]
  std::string name;  // unique, at most limits::kRuleNameBytesMax
  std::string comment;
  bool enabled = true;
  absl::Time expires = absl::InfiniteFuture();  // from this moment on as if not enabled
  RuleEnd source;
  std::vector<PortRange> source_ports;
  RuleUsers users;
  RuleEnd destination;
  std::vector<PortRange> destination_ports;
  uint8_t commands = kAllPolicyCommands;  // CommandBit
  Verdict verdict = Verdict::kDeny;       // kAllow or kDeny
  RuleGrant grant;

  bool IsActive(absl::Time now) const { return enabled && now < expires; }
};

}  // namespace sluice

#endif  // SLUICE_POLICY_RULE_H_
