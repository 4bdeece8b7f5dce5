#include "policy/rule_cover.h"

#include <algorithm>
#include <iterator>

#include "core/give_way.h"
#include "policy/special_entries.h"

namespace sluice {
namespace {

// To look at two rules, as against what is close together: they are somewhere in memory.
constexpr uint64_t kCostOfRules = 16;

bool CoversPorts(const std::vector<PortRange>& outer, const std::vector<PortRange>& inner) {
  return std::all_of(inner.begin(), inner.end(), [&](const PortRange& range) {
    return std::any_of(outer.begin(), outer.end(), [&](const PortRange& wide) {
      return wide.Contains(range.first) && wide.Contains(range.last);
    });
  });
}

bool ArePortsDisjoint(const std::vector<PortRange>& a, const std::vector<PortRange>& b) {
  return std::all_of(a.begin(), a.end(), [&](const PortRange& x) {
    return std::all_of(b.begin(), b.end(),
                       [&](const PortRange& y) { return x.last < y.first || y.last < x.first; });
  });
}

bool HasList(const RuleEnd& end, uint32_t list) {
  return std::binary_search(end.lists.begin(), end.lists.end(), list);
}

// Whether every name that `inner` matches is matched by `outer`.
bool CoversPattern(const NamePattern& outer, const NamePattern& inner) {
  if (outer.name == inner.name) return outer.below == inner.below;
  return outer.below && inner.name.size() > outer.name.size() && inner.name.ends_with(outer.name) &&
         inner.name[inner.name.size() - outer.name.size() - 1] == '.';
}

}  // namespace

RuleCover::RuleCover(const Config& config, absl::Time now)
    : config_(config), hulls_(config.lists.size()) {
  for (size_t list = 0; list < config.lists.size(); ++list) {
    for (const AddressRange& range : config.lists[list].addresses) {
      GiveWay();
      Hull& hull = hulls_[list];
      std::optional<AddressRange>& of = range.first.is_v4() ? hull.v4 : hull.v6;
      if (!of) of = range;
      of->first = std::min(of->first, range.first);
      of->last = std::max(of->last, range.last);
      hull.has_single |= range.is_single();
    }
  }
  outlines_.reserve(config.rules.size());
  for (const Rule& rule : config.rules) {
    outlines_.push_back(MakeOutline(rule));
    outlines_.back().is_active = rule.IsActive(now);
  }
}

// --- What tells most rules apart

RuleCover::Outline RuleCover::MakeOutline(const Rule& rule) const {
  Outline outline;
  bool all_source_ports = false;
  bool all_destination_ports = false;
  for (const PortRange& range : rule.source_ports) {
    outline.source_ports.Add(range.first, range.last);
    all_source_ports |= range.is_all();
  }
  for (const PortRange& range : rule.destination_ports) {
    outline.destination_ports.Add(range.first, range.last);
    all_destination_ports |= range.is_all();
  }
  outline.source = SpanOf(rule.source);
  outline.destination = SpanOf(rule.destination);
  const bool all[] = {rule.source.any,  rule.destination.any,  rule.destination.special_use,
                      all_source_ports, all_destination_ports, rule.users.is_everybody()};
  outline.has = rule.commands;
  for (size_t i = 0; i < std::size(all); ++i)
    outline.has |= static_cast<uint16_t>(all[i] ? 1u << (kPolicyCommands + i) : 0u);
  return outline;
}

RuleCover::Span<uint32_t> RuleCover::SpanOf(const RuleEnd& end) const {
  Span<uint32_t> span;
  if (end.any || end.special_use) span.Add(0, ~uint32_t{0});
  for (const uint32_t list : end.lists) {
    if (hulls_[list].v4) span.Add(hulls_[list].v4->first.v4(), hulls_[list].v4->last.v4());
  }
  return span;
}

bool RuleCover::Outline::MayCover(const Outline& inner) const {
  return is_active && (inner.has & ~has) == 0 && source_ports.Contains(inner.source_ports) &&
         destination_ports.Contains(inner.destination_ports) && source.Contains(inner.source) &&
         destination.Contains(inner.destination);
}

bool RuleCover::Hull::MayContain(const AddressRange& range) const {
  const std::optional<AddressRange>& of = range.first.is_v4() ? v4 : v6;
  return of && of->first <= range.first && range.last <= of->last;
}

// An open question is not for a port: rules that allow decide it whatever theirs are.
bool RuleCover::AreDisjoint(const Rule& rule, const Rule& other) {
  comparisons_ += kCostOfRules;
  const int commands = rule.commands & other.commands;
  const bool asks_ports =
      commands == CommandBit(PolicyCommand::kConnect) || other.verdict == Verdict::kDeny;
  return commands == 0 || ArePortsDisjoint(rule.source_ports, other.source_ports) ||
         (asks_ports && ArePortsDisjoint(rule.destination_ports, other.destination_ports));
}

bool RuleCover::HasEntries(const RuleEnd& end, bool is_source) const {
  return end.any || end.special_use ||
         std::any_of(end.lists.begin(), end.lists.end(), [&](uint32_t place) {
           const EntryList& list = config_.lists[place];
           return !list.addresses.empty() ||
                  !(is_source ? list.scoped.empty() : list.names.empty());
         });
}

bool RuleCover::NamesItself(const RuleEnd& destination) const {
  return destination.special_use ||
         std::any_of(destination.lists.begin(), destination.lists.end(),
                     [&](uint32_t list) { return hulls_[list].has_single; });
}

// --- Covering

RuleCover::Extent RuleCover::Covers(size_t outer_place, size_t inner_place) {
  GiveWay();
  ++comparisons_;
  if (is_tired() || !outlines_[outer_place].MayCover(outlines_[inner_place]))
    return Extent::kNothing;
  comparisons_ += kCostOfRules;
  const Rule& outer = config_.rules[outer_place];
  const Rule& inner = config_.rules[inner_place];
  if (outer.expires < inner.expires || !CoversPorts(outer.source_ports, inner.source_ports) ||
      !CoversPorts(outer.destination_ports, inner.destination_ports) ||
      !CoversSource(outer.source, inner.source))
    return Extent::kNothing;
  const Extent extent = CoversDestination(outer.destination, inner.destination);
  return extent != Extent::kNothing && CoversUsers(outer, inner) ? extent : Extent::kNothing;
}

bool RuleCover::CoversUsers(const Rule& outer, const Rule& inner) {
  if (outer.users.is_everybody()) return true;
  if (inner.users.is_everybody() || (inner.grant.ident && !outer.grant.ident)) return false;
  if (outer.users.is_any_user()) return true;
  if (inner.users.is_any_user()) return false;
  const auto& outer_groups = outer.users.groups;
  const auto has_name = [&](const std::string& name) {
    const auto is_it = [&](const std::string& other) { return other == name; };
    comparisons_ += outer.users.names.size();
    if (std::any_of(outer.users.names.begin(), outer.users.names.end(), is_it)) return true;
    return std::any_of(outer_groups.begin(), outer_groups.end(), [&](uint32_t group) {
      const std::vector<std::string>& members = config_.groups[group].members;
      comparisons_ += members.size();
      return !is_tired() && std::any_of(members.begin(), members.end(), is_it);
    });
  };
  const auto has_group = [&](uint32_t group) {
    const std::vector<std::string>& members = config_.groups[group].members;
    return std::find(outer_groups.begin(), outer_groups.end(), group) != outer_groups.end() ||
           (members.size() <= limits::kComparedEntriesMax &&
            std::all_of(members.begin(), members.end(), has_name));
  };
  return std::all_of(inner.users.names.begin(), inner.users.names.end(), has_name) &&
         std::all_of(inner.users.groups.begin(), inner.users.groups.end(), has_group);
}

bool RuleCover::IsShort(uint32_t list) const {
  const EntryList& entries = config_.lists[list];
  return entries.addresses.size() + entries.scoped.size() + entries.names.size() <=
         limits::kComparedEntriesMax;
}

template <typename Is>
bool RuleCover::HasRange(const RuleEnd& outer, const AddressRange& range, Is is) {
  for (const uint32_t list : outer.lists) {
    if (is_tired()) return false;
    ++comparisons_;
    if (!hulls_[list].MayContain(range) || !IsShort(list)) continue;
    for (const AddressRange& wide : config_.lists[list].addresses) {
      ++comparisons_;
      if (wide.Contains(range) && is(wide)) return true;
    }
  }
  return false;
}

bool RuleCover::CoversSource(const RuleEnd& outer, const RuleEnd& inner) {
  if (outer.any) return true;
  const auto always = [](const AddressRange&) { return true; };
  for (const uint32_t list : inner.lists) {
    if (HasList(outer, list)) continue;
    if (!IsShort(list)) return false;
    for (const AddressRange& range : config_.lists[list].addresses) {
      if (!HasRange(outer, range, always)) return false;
    }
    // Without looking for the same scope elsewhere.
    for (const ScopedRange& scoped : config_.lists[list].scoped) {
      if (!HasRange(outer, scoped.range, always)) return false;
    }
  }
  return true;
}

RuleCover::Extent RuleCover::CoversDestination(const RuleEnd& outer, const RuleEnd& inner) {
  Extent extent = Extent::kAll;
  for (const uint32_t list : inner.lists) {
    if (HasList(outer, list)) continue;
    if (!IsShort(list)) return Extent::kNothing;
    for (const AddressRange& range : config_.lists[list].addresses) {
      extent = std::min(extent, CoversTarget(outer, range));
      if (extent == Extent::kNothing) return extent;
    }
    const NameList& names = config_.lists[list].names;
    for (size_t i = 0; i < names.size(); ++i) {
      if (!CoversName(outer, names[i])) return Extent::kNothing;
    }
  }
  return extent;
}

// An entry for special-use addresses matches nothing else, and is matched by nothing that does not
// name them; a single address may be the gateway itself, which is matched by nothing wider.
RuleCover::Extent RuleCover::CoversTarget(const RuleEnd& outer, const AddressRange& range) {
  if (NamesSpecialUse(range)) {
    return outer.special_use || HasRange(outer, range, NamesSpecialUse) ? Extent::kAll
                                                                        : Extent::kNothing;
  }
  const auto always = [](const AddressRange&) { return true; };
  const auto is_single = [](const AddressRange& wide) { return wide.is_single(); };
  if (!outer.any && !HasRange(outer, range, always)) return Extent::kNothing;
  const bool all = !range.is_single() || outer.special_use || HasRange(outer, range, is_single);
  return all ? Extent::kAll : Extent::kButItself;
}

bool RuleCover::CoversName(const RuleEnd& outer, const NamePattern& name) {
  if (outer.any) return true;
  for (const uint32_t list : outer.lists) {
    if (!IsShort(list) || is_tired()) continue;
    const NameList& names = config_.lists[list].names;
    comparisons_ += names.size();
    for (size_t i = 0; i < names.size(); ++i) {
      if (CoversPattern(names[i], name)) return true;
    }
  }
  return false;
}

}  // namespace sluice
