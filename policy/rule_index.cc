// Build, and then Decide:
//   1. Each dimension is asked for its row; a dimension in which all rules say "any" is left out.
//   2. The rows' summaries are joined, 4,096 rules a step; the words that survive are joined, 64
//   rules a step.
//   3. The first bit left is the rule.

#include "policy/rule_index.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "policy/list_groups.h"
#include "policy/special_entries.h"

namespace sluice {

// The dimensions that must agree, each as the rules that always accept and those of up to three
// rows.
class RuleIndex::Query {
 public:
  Query(const RowTable& table, const BitSet& command) : table_(table), command_(command) {}

  void AddColumn(const BitSet& always) { columns_[count_++] = {&always, {}, 0}; }
  // To the column that was added last.
  void AddRow(Row row) {
    Column& column = columns_[count_ - 1];
    if (row != kEmptyRow) column.rows[column.count++] = row;
  }
  uint64_t word(size_t column, size_t w) const {
    uint64_t bits = columns_[column].always->word(w);
    for (size_t i = 0; i < columns_[column].count; ++i)
      bits |= table_.word(columns_[column].rows[i], w);
    return bits;
  }

  // Calls visit(w, word) for each word of 64 rules with some that are in all columns, ascending,
  // until it returns true.
  template <typename Visit>
  void Walk(Visit visit) const {
    for (size_t b = 0; b < command_.summary_count(); ++b) {
      uint64_t left = command_.summary(b);
      for (size_t i = 0; i < count_; ++i) left &= summary(i, b);
      for (; left != 0; left &= left - 1) {
        const size_t w = b * 64 + static_cast<size_t>(std::countr_zero(left));
        uint64_t rules = command_.word(w);
        for (size_t i = 0; i < count_ && rules != 0; ++i) rules &= word(i, w);
        if (rules != 0 && visit(w, rules)) return;
      }
    }
  }

 private:
  struct Column {
    const BitSet* always;
    std::array<Row, 3> rows;
    size_t count;
  };

  uint64_t summary(size_t column, size_t block) const {
    uint64_t bits = columns_[column].always->summary(block);
    for (size_t i = 0; i < columns_[column].count; ++i)
      bits |= table_.summary(columns_[column].rows[i], block);
    return bits;
  }

  const RowTable& table_;
  const BitSet& command_;
  std::array<Column, 5> columns_;
  size_t count_ = 0;
};

namespace {

// RFC 1928: zeros are no address yet, in section 6 that of BIND's peer, in section 7 that of UDP
// ASSOCIATE's datagrams.
bool IsOpenQuestion(const PolicyRequest& request) {
  return request.command != PolicyCommand::kConnect && !request.datagram && request.name.empty() &&
         request.address.is_unspecified();
}

int32_t RuleAt(size_t w, uint64_t word) {
  return static_cast<int32_t>(w * 64 + static_cast<size_t>(std::countr_zero(word)));
}

}  // namespace

// --- Build

RuleIndex::RuleIndex(size_t rules)
    : rules_(rules),
      active_(rules),
      allow_(rules),
      allow_any_peer_(rules),
      special_use_(rules),
      any_or_addresses_(rules) {
  commands_.fill(BitSet(rules));
  for (Wildcard* any :
       {&any_source_, &any_destination_, &source_ports_.any, &destination_ports_.any}) {
    any->rules = BitSet(rules);
  }
}

absl::StatusOr<std::unique_ptr<const RuleIndex>> RuleIndex::Build(const Config& config,
                                                                  absl::Time now) {
  const size_t rules = config.rules.size();
  // NOLINTNEXTLINE: the constructor is private, make_unique cannot call it.
  std::unique_ptr<RuleIndex> index(new RuleIndex(rules));
  for (size_t i = 0; i < rules; ++i) {
    const Rule& rule = config.rules[i];
    if (!rule.IsActive(now)) continue;
    index->active_[i] = true;
    if (rule.verdict == Verdict::kAllow) index->allow_.Set(i);
    if (rule.verdict == Verdict::kAllow && rule.grant.bind_any_peer) index->allow_any_peer_.Set(i);
    for (size_t c = 0; c < index->commands_.size(); ++c) {
      if ((rule.commands & CommandBit(static_cast<PolicyCommand>(c))) != 0)
        index->commands_[c].Set(i);
    }
  }
  RowBuilder rows(rules);
  index->BuildSource(config, rows);
  index->BuildPorts(config, &Rule::source_ports, rows, &index->source_ports_);
  index->users_ = UserColumn(config, index->active_, rows);
  index->BuildPorts(config, &Rule::destination_ports, rows, &index->destination_ports_);
  index->BuildSpecial();
  index->BuildWildDestinations(config);
  const bool fits = index->BuildDestination(config, rows);
  if (!fits || rows.overflowed()) {
    return absl::ResourceExhaustedError(
        "the rules overlap in more ways than can be indexed; put entries that rules share into "
        "sets, and join rules that differ only in "
        "their entries");
  }
  index->table_ = rows.Take();
  return std::unique_ptr<const RuleIndex>(std::move(index));
}

void RuleIndex::SetAll(Wildcard* wildcard) const {
  wildcard->is_all = true;
  for (size_t i = 0; i < rules_; ++i) wildcard->is_all &= !active_[i] || wildcard->rules.Has(i);
}

void RuleIndex::BuildSource(const Config& config, RowBuilder& rows) {
  std::vector<const RuleEnd*> ends(rules_);
  for (size_t i = 0; i < rules_; ++i) {
    if (!active_[i]) continue;
    if (config.rules[i].source.any) {
      any_source_.rules.Set(i);
    } else {
      ends[i] = &config.rules[i].source;
    }
  }
  SetAll(&any_source_);
  ListGroups groups(config.lists.size(), ends, rows);
  RowBuilder group_rows(groups.size());
  RangeSet::Builder builder;
  std::map<std::string, RangeSet::Builder> scoped;
  for (size_t list = 0; list < config.lists.size(); ++list) {
    if (groups.of(list) == ListGroups::kUnused) continue;
    for (const AddressRange& range : config.lists[list].addresses)
      builder.Add(range, groups.of(list));
    for (const auto& [range, interface] : config.lists[list].scoped)
      scoped[interface].Add(range, groups.of(list));
  }
  const auto build = [&](RangeSet::Builder& ranges) {
    RangeSet set = std::move(ranges).Build(groups.size(), group_rows);
    set.MapRows([&](Row row) { return groups.Translate(row, group_rows); });
    return set;
  };
  sources_ = build(builder);
  for (auto& [interface, ranges] : scoped) scoped_sources_[interface] = build(ranges);
}

void RuleIndex::BuildPorts(const Config& config, std::vector<PortRange> Rule::*ranges,
                           RowBuilder& rows, PortColumn* column) {
  IntervalSweep<uint32_t> sweep;
  for (uint32_t i = 0; i < rules_; ++i) {
    if (!active_[i]) continue;
    const std::vector<PortRange>& ports = config.rules[i].*ranges;
    if (std::any_of(ports.begin(), ports.end(),
                    [](const PortRange& range) { return range.is_all(); })) {
      column->any.rules.Set(i);
      continue;
    }
    for (const PortRange& range : ports) sweep.Add(range.first, range.last, i);
  }
  SetAll(&column->any);
  if (!column->any.is_all) column->ports = IntervalMap<uint32_t>(std::move(sweep), rules_, &rows);
}

void RuleIndex::BuildSpecial() {
  RangeSet::Builder builder;
  RowBuilder one(1);
  for (const AddressRange& range : SpecialRanges()) builder.Add(range, 0);
  special_ = std::move(builder).Build(1, one);
}

void RuleIndex::BuildWildDestinations(const Config& config) {
  for (size_t i = 0; i < rules_; ++i) {
    if (!active_[i]) continue;
    const RuleEnd& end = config.rules[i].destination;
    const auto has_addresses = [&](uint32_t list) { return !config.lists[list].addresses.empty(); };
    if (end.any) any_destination_.rules.Set(i);
    if (end.special_use) special_use_.Set(i);
    const bool addresses = std::any_of(end.lists.begin(), end.lists.end(), has_addresses);
    if (end.any || end.special_use || addresses) any_or_addresses_.Set(i);
  }
  SetAll(&any_destination_);
}

bool RuleIndex::BuildDestination(const Config& config, RowBuilder& rows) {
  std::vector<const RuleEnd*> ends(rules_);
  for (size_t i = 0; i < rules_; ++i) {
    if (active_[i]) ends[i] = &config.rules[i].destination;
  }
  ListGroups groups(config.lists.size(), ends, rows);
  // Of each group, and behind them of its entries that are one address.
  const auto singles = static_cast<uint32_t>(groups.size());
  RowBuilder group_rows(2 * groups.size());
  RangeSet::Builder ranges;
  NameSet::Builder names;
  std::vector<AddressRange> parts;
  for (size_t list = 0; list < config.lists.size(); ++list) {
    const uint32_t group = groups.of(list);
    if (group == ListGroups::kUnused) continue;
    for (const AddressRange& range : config.lists[list].addresses) {
      parts.clear();
      AppendMatchableParts(range, &parts);
      for (const AddressRange& part : parts)
        ranges.Add(part, range.is_single() ? singles + group : group);
    }
    const NameList& patterns = config.lists[list].names;
    const Row row = group_rows.Single(group);
    for (size_t i = 0; i < patterns.size(); ++i) names.Add(patterns[i], row, group_rows);
  }
  destinations_ = std::move(ranges).Build(group_rows.universe(), group_rows);
  names_ = std::move(names).Build(group_rows);
  names_.MapRows([&](Row row) { return groups.Translate(row, group_rows); });
  absl::flat_hash_map<Row, Row> places = {{kEmptyRow, 0}};
  destinations_.MapRows([&](Row row) {
    const auto [found, is_new] = places.try_emplace(row, static_cast<Row>(address_rows_.size()));
    if (is_new) {
      address_rows_.push_back(
          {groups.Translate(row, group_rows), groups.Translate(row, group_rows, /*from=*/singles)});
    }
    return found->second;
  });
  return !group_rows.overflowed();
}

// --- Decide

Decision RuleIndex::Decide(const PolicyRequest& request) const {
  if (!users_.is_all()) users_.Prefetch(request.user, request.proof);
  if (!request.address_known) return DecideName(request);
  return IsOpenQuestion(request) ? DecideZeros(request) : DecideAddress(request);
}

void RuleIndex::AskClient(const PolicyRequest& request, Query* query) const {
  if (!any_source_.is_all) {
    query->AddColumn(any_source_.rules);
    query->AddRow(sources_.Find(request.client.address));
    if (!request.client_interface.empty()) {
      const auto scoped = scoped_sources_.find(request.client_interface.view());
      if (scoped != scoped_sources_.end())
        query->AddRow(scoped->second.Find(request.client.address));
    }
  }
  if (!source_ports_.any.is_all) {
    query->AddColumn(source_ports_.any.rules);
    query->AddRow(source_ports_.ports.Find(request.client.port));
  }
  if (!users_.is_all()) {
    const UserColumn::Rows rows = users_.Find(request.user, request.proof);
    query->AddColumn(users_.everybody());
    query->AddRow(rows.any_user);
    query->AddRow(rows.named);
  }
}

void RuleIndex::AskAllButDestination(const PolicyRequest& request, Query* query) const {
  AskClient(request, query);
  if (!destination_ports_.any.is_all) {
    query->AddColumn(destination_ports_.any.rules);
    query->AddRow(destination_ports_.ports.Find(request.port));
  }
}

Decision RuleIndex::DecideName(const PolicyRequest& request) const {
  Query query(table_, commands_[static_cast<size_t>(request.command)]);
  const Row named = names_.Find(request.name);
  query.AddColumn(any_or_addresses_);
  query.AddRow(named);
  AskAllButDestination(request, &query);
  Decision decision;
  query.Walk([&](size_t w, uint64_t rules) {
    const uint64_t named_here = named == kEmptyRow ? 0 : table_.word(named, w);
    const uint64_t denies = rules & ~allow_.word(w) & (any_destination_.rules.word(w) | named_here);
    const uint64_t deciding = (rules & allow_.word(w)) | denies;
    if (deciding == 0) return false;  // only denials of addresses that the name may not have
    const uint64_t first = deciding & (~deciding + 1);
    decision = {(first & denies) != 0 ? Verdict::kDeny : Verdict::kResolve, RuleAt(w, first),
                false};
    return true;
  });
  return decision;
}

Decision RuleIndex::DecideZeros(const PolicyRequest& request) const {
  const BitSet& allow = request.command == PolicyCommand::kBind ? allow_any_peer_ : allow_;
  Query query(table_, commands_[static_cast<size_t>(request.command)]);
  AskClient(request, &query);
  Decision decision;
  query.Walk([&](size_t w, uint64_t rules) {
    const uint64_t denies = rules & ~allow_.word(w) & any_destination_.rules.word(w) &
                            destination_ports_.any.rules.word(w);
    const uint64_t deciding = (rules & allow.word(w)) | denies;
    if (deciding == 0) return false;
    const uint64_t first = deciding & (~deciding + 1);
    decision = {(first & denies) != 0 ? Verdict::kDeny : Verdict::kAllow, RuleAt(w, first), false};
    return true;
  });
  return decision;
}

Decision RuleIndex::DecideAddress(const PolicyRequest& request) const {
  const Address embedded = EmbeddedAddress(request.address);
  const bool special = special_.Find(request.address) != kEmptyRow;
  const bool guarded = special || request.gateway_itself;

  Query query(table_, commands_[static_cast<size_t>(request.command)]);
  if (guarded) {
    const auto rows_of = [&](const Address& address) {
      return special ? RowsOf(address).within : RowsOf(address).very;
    };
    query.AddColumn(special_use_);
    query.AddRow(rows_of(request.address));
    if (embedded != request.address) query.AddRow(rows_of(embedded));
  } else if (!any_destination_.is_all) {
    query.AddColumn(any_destination_.rules);
    query.AddRow(RowsOf(request.address).within);
    if (embedded != request.address) query.AddRow(RowsOf(embedded).within);
    query.AddRow(names_.Find(request.name));
  }
  AskAllButDestination(request, &query);

  Decision decision;
  query.Walk([&](size_t w, uint64_t rules) {
    const int32_t rule = RuleAt(w, rules);
    decision = {allow_.Has(static_cast<size_t>(rule)) ? Verdict::kAllow : Verdict::kDeny, rule,
                false};
    return true;
  });
  decision.special_use = decision.rule == kNoRule && guarded;
  return decision;
}

}  // namespace sluice
