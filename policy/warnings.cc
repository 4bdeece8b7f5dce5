#include "policy/warnings.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/give_way.h"
#include "core/limits.h"
#include "policy/rule_cover.h"

namespace sluice {
namespace {

using Kind = Warning::Kind;

bool GrantsTheSame(const Rule& a, const Rule& b) {
  return a.verdict == b.verdict && a.grant.ident == b.grant.ident &&
         a.grant.bind_any_peer == b.grant.bind_any_peer &&
         a.grant.udp_any_peer == b.grant.udp_any_peer && a.grant.egress == b.grant.egress;
}

class Search {
 public:
  Search(const Config& config, absl::Time now) : config_(config), now_(now), cover_(config, now) {}

  std::vector<Warning> Run();

 private:
  void LookAtRules();
  bool LookAtRule(const Rule& rule);
  bool FindShadow(size_t place);
  void FindRepeat(size_t place);
  void LookAtNames();
  void Add(Kind kind, const Rule& rule, const Rule* other, std::string message);

  const Config& config_;
  const absl::Time now_;
  RuleCover cover_;
  std::vector<bool> itself_below_;  // by place: a rule below it could allow the gateway itself
  std::vector<Warning> found_;
};

std::vector<Warning> Search::Run() {
  LookAtNames();
  LookAtRules();
  std::stable_sort(found_.begin(), found_.end(),
                   [](const Warning& a, const Warning& b) { return a.at < b.at; });
  if (found_.size() > limits::kWarningsMax) {
    const size_t more = found_.size() - limits::kWarningsMax;
    found_.resize(limits::kWarningsMax);
    found_.push_back({Kind::kIncomplete,
                      "",
                      "",
                      {},
                      absl::StrCat("there are ", more, " more warnings; mend these first")});
  } else if (cover_.is_tired()) {
    found_.push_back({Kind::kIncomplete,
                      "",
                      "",
                      {},
                      "the rules are too many to compare all of them; join rules that differ only "
                      "in their entries, and put entries that rules share into sets"});
  }
  return std::move(found_);
}

void Search::Add(Kind kind, const Rule& rule, const Rule* other, std::string message) {
  found_.push_back(
      {kind, rule.name, other == nullptr ? "" : other->name, rule.at, std::move(message)});
}

void Search::LookAtRules() {
  itself_below_.resize(config_.rules.size());
  bool itself = false;
  for (size_t i = config_.rules.size(); i-- > 0;) {
    const Rule& rule = config_.rules[i];
    itself_below_[i] = itself;
    itself |= rule.verdict == Verdict::kAllow && cover_.NamesItself(rule.destination);
  }
  for (size_t i = 0; i < config_.rules.size(); ++i) {
    GiveWay();
    if (!config_.rules[i].enabled || LookAtRule(config_.rules[i])) continue;
    if (!FindShadow(i)) FindRepeat(i);
  }
}

// What is wrong with a rule that is alone. False where nothing is.
bool Search::LookAtRule(const Rule& rule) {
  const std::string name = "rule " + Quote(rule.name);
  const auto never = [&](const char* what, const char* advice) {
    Add(Kind::kNeverMatches, rule, nullptr, absl::StrCat(name, " matches ", what, "; ", advice));
    return true;
  };
  if (!rule.IsActive(now_)) {
    Add(Kind::kExpired, rule, nullptr,
        absl::StrCat(name, " expired at ",
                     absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", rule.expires, absl::UTCTimeZone()),
                     "; remove it, or let it expire later"));
    return true;
  }
  if (!cover_.HasEntries(rule.source, /*is_source=*/true))
    return never("no client, since its source has no address", "fill the set or the list file");
  if (!cover_.HasEntries(rule.destination, /*is_source=*/false))
    return never("no destination, since that has no entry", "fill the set or the list file");
  const bool names_nobody =
      rule.users.names.empty() && !rule.users.groups.empty() &&
      std::all_of(rule.users.groups.begin(), rule.users.groups.end(),
                  [&](uint32_t group) { return config_.groups[group].members.empty(); });
  if (names_nobody) return never("no user, since its groups are empty", "fill a group");
  return false;
}

bool Search::FindShadow(size_t place) {
  const Rule& rule = config_.rules[place];
  for (size_t i = 0; i < place && !cover_.is_tired(); ++i) {
    const RuleCover::Extent extent = cover_.Covers(i, place);
    const bool is_taken = extent == RuleCover::Extent::kAll ||
                          (extent == RuleCover::Extent::kButItself &&
                           rule.verdict == Verdict::kDeny && !itself_below_[place]);
    if (!is_taken) continue;
    const Rule& above = config_.rules[i];
    const bool same = above.verdict == rule.verdict;
    Add(Kind::kShadowed, rule, &above,
        absl::StrCat("rule ", Quote(rule.name), " decides about no destination, since rule ",
                     Quote(above.name), " above takes all of them",
                     same ? "" : " with the other verdict", "; ",
                     same ? "remove it, or move it above" : "move it above, or remove it"));
    return true;
  }
  return false;
}

void Search::FindRepeat(size_t place) {
  const Rule& rule = config_.rules[place];
  for (size_t i = place + 1; i < config_.rules.size() && !cover_.is_tired(); ++i) {
    const Rule& below = config_.rules[i];
    if (!cover_.is_active(i)) continue;
    if (!GrantsTheSame(rule, below)) {
      if (cover_.AreDisjoint(rule, below)) continue;
      return;  // the rule may stand above for this one's sake
    }
    if (cover_.Covers(i, place) != RuleCover::Extent::kAll) continue;
    // Of two that are the same only one may go: the one below is told as shadowed.
    if (cover_.Covers(place, i) != RuleCover::Extent::kNothing) return;
    return Add(
        Kind::kRedundant, rule, &below,
        absl::StrCat("without rule ", Quote(rule.name), " the same would be decided, by rule ",
                     Quote(below.name), " below; remove it, unless its name is wanted in the log"));
  }
}

void Search::LookAtNames() {
  std::vector<bool> sets(config_.sets.size());
  std::vector<bool> groups(config_.groups.size());
  for (const Rule& rule : config_.rules) {
    for (const uint32_t set : rule.source.sets) sets[set] = true;
    for (const uint32_t set : rule.destination.sets) sets[set] = true;
    for (const uint32_t group : rule.users.groups) groups[group] = true;
  }
  const auto add = [&](Kind kind, const std::string& what, TextPosition at) {
    found_.push_back(
        {kind, "", "", at, absl::StrCat("no rule names ", what, "; use it, or remove it")});
  };
  for (size_t i = 0; i < sets.size(); ++i) {
    if (!sets[i])
      add(Kind::kUnusedSet, "the set " + Quote(config_.sets[i].name), config_.sets[i].at);
  }
  for (size_t i = 0; i < groups.size(); ++i) {
    const UserGroup& group = config_.groups[i];
    if (!groups[i]) add(Kind::kUnusedGroup, "the group " + Quote(group.name), group.at);
  }
}

}  // namespace

std::vector<Warning> FindWarnings(const Config& config, absl::Time now) {
  return Search(config, now).Run();
}

std::string_view WarningWord(Warning::Kind kind) {
  switch (kind) {
    case Kind::kShadowed: return "shadowed";
    case Kind::kRedundant: return "redundant";
    case Kind::kNeverMatches: return "never_matches";
    case Kind::kExpired: return "expired";
    case Kind::kUnusedSet: return "unused_set";
    case Kind::kUnusedGroup: return "unused_group";
    case Kind::kIncomplete: return "incomplete";
  }
  return "";
}

std::string WarningLine(const Warning& warning, std::string_view file) {
  return absl::StrCat(std::string(file), ":", warning.at.line, ":", warning.at.column,
                      ": warning: ", warning.message);
}

}  // namespace sluice
