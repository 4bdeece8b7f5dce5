#include "policy/slow_policy.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "core/limits.h"
#include "policy/special_entries.h"

namespace sluice {
namespace {

bool Covers(const std::vector<PortRange>& ranges, uint16_t port) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const PortRange& range) { return range.Contains(port); });
}

std::string Normalise(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string lower(name);
  absl::AsciiStrToLower(&lower);
  return lower.size() <= limits::kNameBytesMax ? lower : "";
}

bool Matches(const NamePattern& pattern, const std::string& name) {
  if (!pattern.below) return name == pattern.name;
  return name.size() > pattern.name.size() && name.ends_with("." + std::string(pattern.name));
}

}  // namespace

struct SlowPolicy::Asked {
  explicit Asked(const PolicyRequest& r)
      : request(r),
        name(Normalise(r.name)),
        embedded(EmbeddedAddress(r.address)),
        special(ClassifySpecialUse(r.address) != SpecialUse::kNone),
        own(!special && r.gateway_itself) {}

  const PolicyRequest& request;
  const std::string name;
  const Address embedded;
  const bool special;
  const bool own;
};

bool SlowPolicy::MatchesUser(const Rule& rule, const PolicyRequest& request) const {
  const RuleUsers& users = rule.users;
  const auto is_user = [&](const std::string& name) { return name == request.user; };
  const auto is_member = [&](uint32_t group) {
    const std::vector<std::string>& members = config_.groups[group].members;
    return std::any_of(members.begin(), members.end(), is_user);
  };
  const bool names_users = !users.names.empty() || !users.groups.empty();
  if (!users.authenticated && !names_users) return true;
  switch (request.proof) {
    case UserProof::kNone: return false;
    case UserProof::kClaimed:
    case UserProof::kIdent:
      if (!rule.grant.ident) return false;
      break;
    case UserProof::kAuthenticated: break;
  }
  return !names_users || std::any_of(users.names.begin(), users.names.end(), is_user) ||
         std::any_of(users.groups.begin(), users.groups.end(), is_member);
}

bool SlowPolicy::MatchesClient(const Rule& rule, const PolicyRequest& request) const {
  const auto has_client = [&](uint32_t list) {
    const auto& ranges = config_.lists[list].addresses;
    const auto& scoped = config_.lists[list].scoped;
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const AddressRange& r) { return r.Contains(request.client.address); }) ||
           std::any_of(scoped.begin(), scoped.end(), [&](const ScopedRange& s) {
             return s.interface == request.client_interface.view() &&
                    s.range.Contains(request.client.address);
           });
  };
  return rule.IsActive(now_) && (rule.commands & CommandBit(request.command)) != 0 &&
         (rule.source.any ||
          std::any_of(rule.source.lists.begin(), rule.source.lists.end(), has_client)) &&
         Covers(rule.source_ports, request.client.port) && MatchesUser(rule, request);
}

bool SlowPolicy::MatchesButDestination(const Rule& rule, const PolicyRequest& request) const {
  return MatchesClient(rule, request) && Covers(rule.destination_ports, request.port);
}

bool SlowPolicy::MatchesName(const RuleEnd& destination, const Asked& asked) const {
  if (asked.name.empty()) return false;
  for (const uint32_t list : destination.lists) {
    const NameList& names = config_.lists[list].names;
    for (size_t i = 0; i < names.size(); ++i) {
      if (Matches(names[i], asked.name)) return true;
    }
  }
  return false;
}

bool SlowPolicy::HasAddresses(const RuleEnd& destination) const {
  const auto has_some = [&](uint32_t list) { return !config_.lists[list].addresses.empty(); };
  return destination.special_use ||
         std::any_of(destination.lists.begin(), destination.lists.end(), has_some);
}

bool SlowPolicy::MatchesAddress(const RuleEnd& destination, const Asked& asked) const {
  const Address& address = asked.request.address;
  const bool guarded = asked.special || asked.own;
  if (destination.special_use && guarded) return true;
  if (destination.any && !guarded) return true;
  if (!guarded && MatchesName(destination, asked)) return true;
  for (const uint32_t list : destination.lists) {
    for (const AddressRange& range : config_.lists[list].addresses) {
      if (!range.Contains(address) && !range.Contains(asked.embedded)) continue;
      if (asked.own ? range.is_single() : !asked.special || NamesSpecialUse(range)) return true;
    }
  }
  return false;
}

Decision SlowPolicy::Decide(const PolicyRequest& request) const {
  const Asked asked(request);
  const bool may_be_open =
      request.command == PolicyCommand::kBind || request.command == PolicyCommand::kUdpAssociate;
  if (request.address_known && may_be_open && !request.datagram && request.name.empty() &&
      request.address.is_unspecified()) {
    return DecideZeros(request);
  }
  return request.address_known ? DecideAddress(asked) : DecideName(asked);
}

Decision SlowPolicy::DecideName(const Asked& asked) const {
  for (size_t i = 0; i < config_.rules.size(); ++i) {
    const Rule& rule = config_.rules[i];
    if (!MatchesButDestination(rule, asked.request)) continue;
    const bool definite = rule.destination.any || MatchesName(rule.destination, asked);
    if (rule.verdict == Verdict::kAllow && (definite || HasAddresses(rule.destination))) {
      return {Verdict::kResolve, static_cast<int32_t>(i), false};
    }
    if (rule.verdict == Verdict::kDeny && definite)
      return {Verdict::kDeny, static_cast<int32_t>(i), false};
  }
  return {};
}

Decision SlowPolicy::DecideZeros(const PolicyRequest& request) const {
  for (size_t i = 0; i < config_.rules.size(); ++i) {
    const Rule& rule = config_.rules[i];
    if (!MatchesClient(rule, request)) continue;
    const auto has_all = [](const PortRange& range) { return range.is_all(); };
    const bool covers_all =
        rule.destination.any &&
        std::any_of(rule.destination_ports.begin(), rule.destination_ports.end(), has_all);
    const bool may_allow =
        request.command == PolicyCommand::kUdpAssociate || rule.grant.bind_any_peer;
    if (rule.verdict == Verdict::kAllow ? may_allow : covers_all)
      return {rule.verdict, static_cast<int32_t>(i), false};
  }
  return {};
}

Decision SlowPolicy::DecideAddress(const Asked& asked) const {
  for (size_t i = 0; i < config_.rules.size(); ++i) {
    const Rule& rule = config_.rules[i];
    if (MatchesButDestination(rule, asked.request) && MatchesAddress(rule.destination, asked)) {
      return {rule.verdict, static_cast<int32_t>(i), false};
    }
  }
  return {Verdict::kDeny, kNoRule, asked.special || asked.own};
}

}  // namespace sluice
