#include "policy/slow_policy.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "core/limits.h"
#include "policy/own_addresses.h"
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
        unstated(r.command == PolicyCommand::kUdpAssociate && r.name.empty() &&
                 r.address.is_unspecified()) {}

  const PolicyRequest& request;
  const std::string name;
  const Address embedded;
  const bool special;
  const bool unstated;  // UDP ASSOCIATE with zeros
};

SlowPolicy::SlowPolicy(const Config& config, const HostAddresses& host, absl::Time now)
    : config_(config), own_(OwnAddresses(config, host)), now_(now) {}

bool SlowPolicy::IsOwn(const Asked& asked) const {
  if (asked.special || asked.request.port != config_.service.port) return false;
  return std::find(own_.begin(), own_.end(), asked.request.address) != own_.end() ||
         std::find(own_.begin(), own_.end(), asked.embedded) != own_.end();
}

bool SlowPolicy::MatchesButDestination(const Rule& rule, const PolicyRequest& request) const {
  const auto has_client = [&](uint32_t list) {
    const auto& ranges = config_.lists[list].addresses;
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const AddressRange& r) { return r.Contains(request.client.address); });
  };
  return rule.IsActive(now_) && (rule.commands & CommandBit(request.command)) != 0 &&
         (rule.source.any ||
          std::any_of(rule.source.lists.begin(), rule.source.lists.end(), has_client)) &&
         Covers(rule.source_ports, request.client.port) &&
         Covers(rule.destination_ports, request.port);
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
  const bool own = IsOwn(asked);
  if (destination.special_use && (asked.special || own)) return true;
  if (destination.any && (asked.unstated || (!asked.special && !own))) return true;
  if (!asked.special && !own && MatchesName(destination, asked)) return true;
  for (const uint32_t list : destination.lists) {
    for (const AddressRange& range : config_.lists[list].addresses) {
      if (!range.Contains(address) && !range.Contains(asked.embedded)) continue;
      const bool is_own = std::find(own_.begin(), own_.end(), range.first) != own_.end();
      if (own ? range.is_single() && is_own : !asked.special || NamesSpecialUse(range)) return true;
    }
  }
  return false;
}

Decision SlowPolicy::Decide(const PolicyRequest& request) const {
  const Asked asked(request);
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

Decision SlowPolicy::DecideAddress(const Asked& asked) const {
  for (size_t i = 0; i < config_.rules.size(); ++i) {
    const Rule& rule = config_.rules[i];
    if (MatchesButDestination(rule, asked.request) && MatchesAddress(rule.destination, asked)) {
      return {rule.verdict, static_cast<int32_t>(i), false};
    }
  }
  return {Verdict::kDeny, kNoRule, asked.special || IsOwn(asked)};
}

}  // namespace sluice
