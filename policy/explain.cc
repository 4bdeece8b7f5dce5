// Explain:
//   1. The steps in which a session asks: an association, a name, each address.
//   2. Which of them decides, and what the rules say there.
//   3. The same steps again under suppositions, for what would change it.
//   4. The lines of the entries that matched, by reading list files.

#include "policy/explain.h"

#include <algorithm>
#include <deque>
#include <map>
#include <tuple>
#include <utility>

#include "core/limits.h"
#include "policy/explain_text.h"
#include "policy/list_file.h"

namespace sluice {
namespace {

using Phase = ExplainedStep::Phase;

std::string RuleNameOf(const Config& config, const Decision& decision) {
  return decision.rule == kNoRule ? std::string(kDefaultDenyName)
                                  : config.rules[static_cast<size_t>(decision.rule)].name;
}

// --- Steps

// One rule that is otherwise than it is.
struct Supposition {
  int32_t rule = kNoRule;
  Condition holds = Condition::kNone;  // kNone: the rule is off
  size_t told = 0;                     // the step that the supposition is about
};

class Steps {
 public:
  struct Outcome {
    size_t step;
    Decision decision;
  };

  Steps(const Config& config, absl::Time now, const ExplainQuestion& question);

  size_t size() const { return walks_.size(); }
  RuleWalk& operator[](size_t step) { return walks_[step]; }
  // What a session learns in the end, and in which step.
  Outcome Decide(const Supposition& supposition = {});

 private:
  void AddAddress(PolicyRequest request, const Address& address, const ExplainQuestion& question);
  bool Matches(size_t step, size_t place, const Supposition& supposition);
  bool IsAbout(size_t step, const Supposition& supposition);

  const Config& config_;
  const absl::Time now_;
  std::deque<RuleWalk> walks_;  // not empty
};

Steps::Steps(const Config& config, absl::Time now, const ExplainQuestion& question)
    : config_(config), now_(now) {
  PolicyRequest request = question.request;
  const bool zeros = !request.address_known || request.address.is_unspecified();
  const bool may_be_open = request.command != PolicyCommand::kConnect && !request.datagram;
  const bool is_open = may_be_open && request.name.empty() && zeros;
  if (is_open || (may_be_open && request.command == PolicyCommand::kUdpAssociate)) {
    PolicyRequest open = request;
    open.name = {};
    open.address_known = true;
    open.address = Address();
    open.gateway_itself = false;
    walks_.emplace_back(config, now, open);
  }
  if (is_open) return;
  request.datagram = request.command == PolicyCommand::kUdpAssociate;
  if (!request.name.empty() || !request.address_known) {
    PolicyRequest named = request;
    named.address_known = false;
    named.gateway_itself = false;
    walks_.emplace_back(config, now, named);
  }
  std::vector<Address> addresses = question.addresses;
  if (request.address_known) addresses = {request.address};
  addresses.resize(std::min(addresses.size(), limits::kExplainedAddressesMax));
  for (const Address& address : addresses) AddAddress(request, address, question);
}

void Steps::AddAddress(PolicyRequest request, const Address& address,
                       const ExplainQuestion& question) {
  request.address_known = true;
  request.address = address;
  request.gateway_itself = question.is_gateway != nullptr
                               ? question.is_gateway(request)
                               : IsGatewayByListen(config_.service, request);
  walks_.emplace_back(config_, now_, request);
}

Steps::Outcome Steps::Decide(const Supposition& supposition) {
  std::optional<Outcome> denied;  // the first address that is
  for (size_t step = 0; step < walks_.size(); ++step) {
    const Decision decision =
        walks_[step].DecideBy([&](size_t place) { return Matches(step, place, supposition); });
    const Outcome outcome{step, decision};
    const bool denies = decision.verdict == Verdict::kDeny;
    if (walks_[step].question() != Phase::kAddress) {
      if (denies || step + 1 == walks_.size()) return outcome;
    } else if (!denies) {
      return outcome;
    } else if (!denied) {
      denied = outcome;
    }
  }
  return *denied;
}

bool Steps::Matches(size_t step, size_t place, const Supposition& supposition) {
  const Rule& rule = config_.rules[place];
  RuleWalk& walk = walks_[step];
  const Condition failed = walk.FirstFailed(rule);
  if (static_cast<int32_t>(place) != supposition.rule) return failed == Condition::kNone;
  if (supposition.holds == Condition::kNone) return false;
  if (failed != supposition.holds || !IsAbout(step, supposition)) return failed == Condition::kNone;
  return walk.FirstFailed(rule, failed) == Condition::kNone;
}

// Whether what is supposed of a destination is so in this step too: an entry for one address says
// nothing of others, nor of an association.
bool Steps::IsAbout(size_t step, const Supposition& supposition) {
  const RuleWalk& walk = walks_[step];
  const RuleWalk& told = walks_[supposition.told];
  if (step == supposition.told) return true;
  if (supposition.holds == Condition::kDestinationPort) return walk.question() != Phase::kOpen;
  if (supposition.holds != Condition::kDestination) return true;
  if (walk.question() != Phase::kAddress) return false;
  const Address& address = walk.request().address;
  return told.question() == Phase::kName ? !walk.is_guarded()
                                         : address == told.request().address ||
                                               EmbeddedAddress(address) == told.request().address;
}

ExplainedStep TellStep(const Config& config, const RuleWalk& walk, const Decision& decision) {
  ExplainedStep step;
  step.phase = walk.question();
  if (step.phase == Phase::kAddress) step.address = walk.request().address;
  step.gateway_itself = walk.request().gateway_itself;
  step.decision = decision;
  step.rule = RuleNameOf(config, decision);
  return step;
}

// --- Entries

// Finds lines in list files. A question meets at most two entries of a list, one as the client's
// and one as the destination's, however many rules name it: each file is read once or twice.
class LineFinder {
 public:
  LineFinder(const Config& config, const FileReader& read_file)
      : config_(config), read_file_(read_file) {}

  uint32_t Find(const EntryPlace& place) {
    const EntryList& list = config_.lists[place.list];
    if (list.file.empty()) return list.line;
    const auto [known, is_new] =
        lines_.try_emplace({place.list, place.kind, place.entry}, uint32_t{0});
    if (is_new && lines_.size() <= limits::kListFilesRead) known->second = Search(list, place);
    return known->second;
  }

 private:
  uint32_t Search(const EntryList& list, const EntryPlace& place) const {
    const absl::StatusOr<std::string> text = read_file_(list.file);
    if (!text.ok()) return 0;
    if (place.kind == EntryPlace::Kind::kName) return LineOfName(*text, list.names[place.entry]);
    return LineOfRange(*text, list.addresses[place.entry]);
  }

  const Config& config_;
  const FileReader& read_file_;
  std::map<std::tuple<uint32_t, EntryPlace::Kind, uint32_t>, uint32_t> lines_;
};

// The list's name as the rule writes it.
std::string ListTextOf(const Config& config, const RuleEnd& end, uint32_t list) {
  for (const uint32_t set : end.sets) {
    const std::vector<uint32_t>& lists = config.sets[set].lists;
    if (std::find(lists.begin(), lists.end(), list) != lists.end())
      return "@" + config.sets[set].name;
  }
  const std::string& file = config.lists[list].file;
  return file.empty() ? "" : "file:" + file;
}

ExplainedEntry TellEntry(const Config& config, const RuleEnd& end, const EntryPlace& place,
                         LineFinder& lines) {
  ExplainedEntry entry;
  entry.text = EntryTextOf(config, place);
  if (place.kind < EntryPlace::Kind::kAddress) return entry;
  entry.list = ListTextOf(config, end, place.list);
  entry.file = config.lists[place.list].file;
  entry.line = lines.Find(place);
  return entry;
}

// --- Rules

ExplainedRule TellRule(const Config& config, absl::Time now, const Rule& rule, RuleWalk& walk,
                       LineFinder& lines) {
  ExplainedRule told;
  told.name = rule.name;
  told.verdict = rule.verdict;
  told.failed = walk.FirstFailed(rule);
  told.matched = told.failed == Condition::kNone;
  if (told.matched) {
    told.source = TellEntry(config, rule.source, walk.SourceEntry(rule), lines);
    told.destination = TellEntry(config, rule.destination, walk.DestinationEntry(rule), lines);
  } else {
    told.wanted = WantedText(config, rule, told.failed, walk);
    told.found = FoundText(now, rule, told.failed, walk);
  }
  return told;
}

std::vector<ExplainedRule> TellRules(const Config& config, absl::Time now, int32_t decides,
                                     RuleWalk& walk, LineFinder& lines) {
  // First, so that its lines are found whatever else is read.
  if (decides != kNoRule)
    TellRule(config, now, config.rules[static_cast<size_t>(decides)], walk, lines);
  std::vector<ExplainedRule> told;
  told.reserve(config.rules.size());
  for (const Rule& rule : config.rules) {
    const auto place = static_cast<int32_t>(told.size());
    told.push_back(TellRule(config, now, rule, walk, lines));
    told.back().reached = decides == kNoRule || place <= decides;
  }
  return told;
}

// --- What would change it

std::vector<Supposition> NearMisses(const Config& config, const Steps::Outcome& outcome,
                                    RuleWalk& walk) {
  std::vector<Supposition> misses;
  const size_t end = outcome.decision.rule == kNoRule ? config.rules.size()
                                                      : static_cast<size_t>(outcome.decision.rule);
  for (size_t i = 0; i < end; ++i) {
    const Condition failed = walk.FirstFailed(config.rules[i]);
    if (walk.FirstFailed(config.rules[i], failed) == Condition::kNone)
      misses.push_back({static_cast<int32_t>(i), failed, outcome.step});
  }
  std::stable_partition(misses.begin(), misses.end(), [&](const Supposition& miss) {
    return walk.VerdictOf(config.rules[static_cast<size_t>(miss.rule)]) != outcome.decision.verdict;
  });
  if (misses.size() > limits::kSupposedChangesMax) misses.resize(limits::kSupposedChangesMax);
  return misses;
}

std::vector<SupposedChange> TellChanges(const Config& config, const Steps::Outcome& outcome,
                                        Steps& steps) {
  RuleWalk& walk = steps[outcome.step];
  std::vector<Supposition> suppositions = NearMisses(config, outcome, walk);
  if (outcome.decision.rule != kNoRule)
    suppositions.insert(suppositions.begin(),
                        {outcome.decision.rule, Condition::kNone, outcome.step});
  std::vector<SupposedChange> changes;
  for (const Supposition& supposition : suppositions) {
    const Decision decision = steps.Decide(supposition).decision;
    if (decision.verdict == outcome.decision.verdict && decision.rule == outcome.decision.rule)
      continue;
    const Rule& rule = config.rules[static_cast<size_t>(supposition.rule)];
    changes.push_back({SupposedText(rule, supposition.holds, walk), supposition.rule,
                       supposition.holds, decision.verdict, RuleNameOf(config, decision)});
  }
  return changes;
}

}  // namespace

Explanation Explain(const Config& config, absl::Time now, const ExplainQuestion& question,
                    const FileReader& read_file, const Snapshot* in_force) {
  Explanation explanation;
  Steps steps(config, now, question);
  const Steps::Outcome outcome = steps.Decide();
  explanation.decided = TellStep(config, steps[outcome.step], outcome.decision);
  const bool has_association = steps[0].question() == Phase::kOpen &&
                               question.request.command == PolicyCommand::kUdpAssociate;
  if (has_association) explanation.association = TellStep(config, steps[0], steps[0].Decide());
  const bool asks_addresses = explanation.decided.phase == Phase::kAddress;
  for (size_t i = 0; i < steps.size(); ++i) {
    const Decision decision = steps[i].Decide();
    if (in_force != nullptr) explanation.agrees &= in_force->Decide(steps[i].request()) == decision;
    if (asks_addresses && steps[i].question() == Phase::kAddress)
      explanation.addresses.push_back(TellStep(config, steps[i], decision));
  }
  LineFinder lines(config, read_file);
  explanation.rules = TellRules(config, now, outcome.decision.rule, steps[outcome.step], lines);
  explanation.would_change = TellChanges(config, outcome, steps);
  if (outcome.decision.rule != kNoRule)
    explanation.grant = config.rules[static_cast<size_t>(outcome.decision.rule)].grant;
  return explanation;
}

std::string_view ConditionWord(Condition condition) {
  switch (condition) {
    case Condition::kNone: return "";
    case Condition::kOff: return "off";
    case Condition::kExpired: return "expired";
    case Condition::kCommand: return "command";
    case Condition::kSource: return "source";
    case Condition::kSourcePort: return "source_port";
    case Condition::kUsers: return "users";
    case Condition::kDestination: return "destination";
    case Condition::kDestinationPort: return "destination_port";
  }
  return "";
}

std::string_view PhaseWord(ExplainedStep::Phase phase) {
  switch (phase) {
    case Phase::kName: return "name";
    case Phase::kAddress: return "address";
    case Phase::kOpen: return "open";
  }
  return "";
}

std::string_view VerdictWord(Verdict verdict) {
  switch (verdict) {
    case Verdict::kDeny: return "deny";
    case Verdict::kAllow: return "allow";
    case Verdict::kResolve: return "resolve";
  }
  return "";
}

}  // namespace sluice
