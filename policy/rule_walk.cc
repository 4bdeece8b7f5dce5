#include "policy/rule_walk.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "core/give_way.h"
#include "core/limits.h"
#include "policy/special_entries.h"

namespace sluice {
namespace {

bool Covers(const std::vector<PortRange>& ranges, uint16_t port) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const PortRange& range) { return range.Contains(port); });
}

bool CoversAll(const std::vector<PortRange>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [](const PortRange& range) { return range.is_all(); });
}

std::string Normalise(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string lower(name);
  absl::AsciiStrToLower(&lower);
  return lower.size() <= limits::kNameBytesMax ? lower : "";
}

bool Matches(const NamePattern& pattern, std::string_view name) {
  if (!pattern.below) return name == pattern.name;
  return name.size() > pattern.name.size() && name.ends_with(pattern.name) &&
         name[name.size() - pattern.name.size() - 1] == '.';
}

RuleWalk::Question QuestionOf(const PolicyRequest& request) {
  if (!request.address_known) return RuleWalk::Question::kName;
  const bool may_be_open =
      request.command == PolicyCommand::kBind || request.command == PolicyCommand::kUdpAssociate;
  const bool is_open =
      may_be_open && !request.datagram && request.name.empty() && request.address.is_unspecified();
  return is_open ? RuleWalk::Question::kOpen : RuleWalk::Question::kAddress;
}

}  // namespace

RuleWalk::RuleWalk(const Config& config, absl::Time now, const PolicyRequest& request)
    : config_(config),
      now_(now),
      request_(request),
      question_(QuestionOf(request)),
      name_(Normalise(request.name)),
      embedded_(EmbeddedAddress(request.address)),
      special_(question_ == Question::kAddress &&
               ClassifySpecialUse(request.address) != SpecialUse::kNone),
      own_(question_ == Question::kAddress && !special_ && request.gateway_itself),
      sources_(config.lists.size()),
      destinations_(config.lists.size()),
      groups_(config.groups.size()) {}

// --- Conditions

Condition RuleWalk::FirstFailed(const Rule& rule, Condition after) {
  for (int c = static_cast<int>(after) + 1; c <= static_cast<int>(Condition::kDestinationPort);
       ++c) {
    if (!Holds(rule, static_cast<Condition>(c))) return static_cast<Condition>(c);
  }
  return Condition::kNone;
}

bool RuleWalk::Holds(const Rule& rule, Condition condition) {
  switch (condition) {
    case Condition::kNone: return true;
    case Condition::kOff: return rule.enabled;
    case Condition::kExpired: return now_ < rule.expires;
    case Condition::kCommand: return (rule.commands & CommandBit(request_.command)) != 0;
    case Condition::kSource: return SourceEntry(rule).matched();
    case Condition::kSourcePort: return Covers(rule.source_ports, request_.client.port);
    case Condition::kUsers: return HoldsUsers(rule);
    case Condition::kDestination: return DestinationEntry(rule).matched();
    case Condition::kDestinationPort: return HoldsDestinationPort(rule);
  }
  return false;
}

bool RuleWalk::HoldsUsers(const Rule& rule) {
  const RuleUsers& users = rule.users;
  const bool names_users = !users.names.empty() || !users.groups.empty();
  if (!users.authenticated && !names_users) return true;
  switch (request_.proof) {
    case UserProof::kNone: return false;
    case UserProof::kClaimed:
    case UserProof::kIdent:
      if (!rule.grant.ident) return false;
      break;
    case UserProof::kAuthenticated: break;
  }
  return !names_users ||
         std::any_of(users.names.begin(), users.names.end(),
                     [&](const std::string& name) { return name == request_.user; }) ||
         std::any_of(users.groups.begin(), users.groups.end(),
                     [&](uint32_t group) { return HasMember(group); });
}

bool RuleWalk::HasMember(uint32_t group) {
  Membership& known = groups_[group];
  if (known == Membership::kUnknown) {
    const std::vector<std::string>& members = config_.groups[group].members;
    const bool is_member =
        std::find(members.begin(), members.end(), request_.user) != members.end();
    known = is_member ? Membership::kYes : Membership::kNo;
  }
  return known == Membership::kYes;
}

// In an open question a rule that denies is sure to only where it denies every port.
bool RuleWalk::HoldsDestinationPort(const Rule& rule) const {
  if (question_ != Question::kOpen) return Covers(rule.destination_ports, request_.port);
  return rule.verdict == Verdict::kAllow || CoversAll(rule.destination_ports);
}

// --- Entries

EntryPlace RuleWalk::SourceEntry(const Rule& rule) {
  if (rule.source.any) return {Kind::kAny};
  for (const uint32_t list : rule.source.lists) {
    EntryPlace& known = sources_[list];
    if (known.kind == Kind::kUnknown) known = FindClient(list);
    if (known.matched()) return known;
  }
  return {Kind::kNone};
}

EntryPlace RuleWalk::DestinationEntry(const Rule& rule) {
  const RuleEnd& end = rule.destination;
  if (question_ == Question::kOpen) {
    if (rule.verdict == Verdict::kDeny) return {end.any ? Kind::kAny : Kind::kNone};
    const bool may_allow =
        request_.command == PolicyCommand::kUdpAssociate || rule.grant.bind_any_peer;
    return {may_allow ? Kind::kOpen : Kind::kNone};
  }
  if (end.special_use && is_guarded()) return {Kind::kSpecialUse};
  if (end.any && !is_guarded()) return {Kind::kAny};
  for (const uint32_t list : end.lists) {
    EntryPlace& known = destinations_[list];
    if (known.kind == Kind::kUnknown) known = FindDestination(list);
    if (known.matched()) return known;
  }
  const bool could_allow = question_ == Question::kName && rule.verdict == Verdict::kAllow &&
                           HasAddresses(rule.destination);
  return {could_allow ? Kind::kSomeAddress : Kind::kNone};
}

bool RuleWalk::HasAddresses(const RuleEnd& destination) const {
  const auto has_some = [&](uint32_t list) { return !config_.lists[list].addresses.empty(); };
  return destination.special_use ||
         std::any_of(destination.lists.begin(), destination.lists.end(), has_some);
}

EntryPlace RuleWalk::FindClient(uint32_t list) const {
  const Address& client = request_.client.address;
  const std::vector<AddressRange>& ranges = config_.lists[list].addresses;
  for (uint32_t i = 0; i < ranges.size(); ++i) {
    GiveWay();
    if (ranges[i].Contains(client)) return {Kind::kAddress, list, i};
  }
  const std::vector<ScopedRange>& scoped = config_.lists[list].scoped;
  for (uint32_t i = 0; i < scoped.size(); ++i) {
    if (scoped[i].interface == request_.client_interface.view() && scoped[i].range.Contains(client))
      return {Kind::kScoped, list, i};
  }
  return {Kind::kNone};
}

EntryPlace RuleWalk::FindDestination(uint32_t list) const {
  if (!is_guarded()) {
    if (const EntryPlace found = FindName(list); found.matched()) return found;
  }
  return question_ == Question::kAddress ? FindAddress(list) : EntryPlace{Kind::kNone};
}

EntryPlace RuleWalk::FindName(uint32_t list) const {
  const NameList& names = config_.lists[list].names;
  for (uint32_t i = 0; i < names.size() && !name_.empty(); ++i) {
    GiveWay();
    if (Matches(names[i], name_)) return {Kind::kName, list, i};
  }
  return {Kind::kNone};
}

EntryPlace RuleWalk::FindAddress(uint32_t list) const {
  const std::vector<AddressRange>& ranges = config_.lists[list].addresses;
  for (uint32_t i = 0; i < ranges.size(); ++i) {
    GiveWay();
    const AddressRange& range = ranges[i];
    if (!range.Contains(request_.address) && !range.Contains(embedded_)) continue;
    if (own_ ? range.is_single() : !special_ || NamesSpecialUse(range))
      return {Kind::kAddress, list, i};
  }
  return {Kind::kNone};
}

// --- Decisions

Verdict RuleWalk::VerdictOf(const Rule& rule) const {
  const bool resolves = question_ == Question::kName && rule.verdict == Verdict::kAllow;
  return resolves ? Verdict::kResolve : rule.verdict;
}

Decision RuleWalk::Decide() {
  return DecideBy(
      [&](size_t place) { return FirstFailed(config_.rules[place]) == Condition::kNone; });
}

Decision RuleWalk::DecideBy(absl::FunctionRef<bool(size_t)> matches) const {
  for (size_t i = 0; i < config_.rules.size(); ++i) {
    if (matches(i)) return {VerdictOf(config_.rules[i]), static_cast<int32_t>(i), false};
  }
  return {Verdict::kDeny, kNoRule, is_guarded()};
}

}  // namespace sluice
