#ifndef SLUICE_POLICY_RULE_WALK_H_
#define SLUICE_POLICY_RULE_WALK_H_

// RuleWalk: the slow twin of RuleIndex. One request, asked of every rule and every entry as
// snapshot.h tells it, with nothing clever, and so it judges the index in tests; and it can say
// which condition of a rule failed and which entry matched, and so it explains. Takes milliseconds
// for thousands of rules, and looks through a list once however many rules name it. One thread.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "policy/config.h"
#include "policy/decision.h"

namespace sluice {

// What a rule asks of a request, in the order in which the first that failed is told.
enum class Condition : uint8_t {
  kNone,
  kOff,
  kExpired,
  kCommand,
  kSource,
  kSourcePort,
  kUsers,
  kDestination,
  kDestinationPort,
};

// By what a source or a destination matched.
struct EntryPlace {
  enum class Kind : uint8_t {
    kUnknown,  // not looked for yet
    kNone,     // by nothing
    kAny,
    kSpecialUse,   // "special-use"
    kSomeAddress,  // of a name that is not resolved: the rule has addresses, and could allow one
    kOpen,         // nothing was asked: where to is an open question
    kAddress,
    kScoped,
    kName,
  };
  Kind kind = Kind::kUnknown;
  // From kAddress on: in Config::lists, and among the list's entries of that kind.
  uint32_t list = 0;
  uint32_t entry = 0;

  bool matched() const { return kind != Kind::kUnknown && kind != Kind::kNone; }
};

class RuleWalk {
 public:
  // The three ways to ask, see Snapshot::Decide.
  enum class Question : uint8_t { kName, kAddress, kOpen };

  // `config` outlives it, and so does what `request` points to.
  RuleWalk(const Config& config, absl::Time now, const PolicyRequest& request);

  const PolicyRequest& request() const { return request_; }
  Question question() const { return question_; }
  // The address is special-use, or the gateway itself: only a destination that names it matches.
  bool is_guarded() const { return special_ || own_; }

  // The first condition behind `after` that does not hold; kNone where the rule matches. In a name
  // phase a rule that could allow an address of the name matches too.
  Condition FirstFailed(const Rule& rule, Condition after = Condition::kNone);
  // For a rule that matches.
  EntryPlace SourceEntry(const Rule& rule);
  EntryPlace DestinationEntry(const Rule& rule);
  // What a rule that matches decides: kResolve instead of kAllow in the name phase.
  Verdict VerdictOf(const Rule& rule) const;

  Decision Decide();
  // By the first rule for whose place `matches` is true.
  Decision DecideBy(absl::FunctionRef<bool(size_t)> matches) const;

 private:
  using Kind = EntryPlace::Kind;

  bool Holds(const Rule& rule, Condition condition);
  bool HoldsUsers(const Rule& rule);
  bool HoldsDestinationPort(const Rule& rule) const;
  bool HasMember(uint32_t group);
  bool HasAddresses(const RuleEnd& destination) const;
  EntryPlace FindClient(uint32_t list) const;
  EntryPlace FindDestination(uint32_t list) const;
  EntryPlace FindName(uint32_t list) const;
  EntryPlace FindAddress(uint32_t list) const;

  const Config& config_;
  const absl::Time now_;
  const PolicyRequest request_;
  const Question question_;
  const std::string name_;  // as entries are written; empty where there is none
  const Address embedded_;
  const bool special_;
  const bool own_;  // the gateway itself
  // What was found already, by list and by group.
  std::vector<EntryPlace> sources_;
  std::vector<EntryPlace> destinations_;
  enum class Membership : uint8_t { kUnknown, kNo, kYes };
  std::vector<Membership> groups_;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_RULE_WALK_H_
