#ifndef SLUICE_POLICY_RULE_INDEX_H_
#define SLUICE_POLICY_RULE_INDEX_H_

// RuleIndex: which rule is the first that matches, without asking each. Every dimension of a
// request (client address and port, user, command, target port, target name, target address)
// answers with the set of rules that accept it; the first rule that is in all sets decides. What
// matches what is told in snapshot.h and judged by RuleWalk. Built once, then read only, any
// thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/bit_set.h"
#include "policy/config.h"
#include "policy/decision.h"
#include "policy/interval_map.h"
#include "policy/name_set.h"
#include "policy/range_set.h"
#include "policy/row_table.h"
#include "policy/snapshot.h"
#include "policy/user_column.h"

namespace sluice {

class RuleIndex {
 public:
  static absl::StatusOr<std::unique_ptr<const RuleIndex>> Build(const Config& config,
                                                                absl::Time now);

  Decision Decide(const PolicyRequest& request) const;

 private:
  class Query;

  // Rules that accept every value of a dimension; where these are all rules, nothing is looked up.
  struct Wildcard {
    BitSet rules;
    bool is_all = false;
  };
  struct PortColumn {
    Wildcard any;
    IntervalMap<uint32_t> ports;
  };

  explicit RuleIndex(size_t rules);

  void BuildSource(const Config& config, RowBuilder& rows);
  void BuildPorts(const Config& config, std::vector<PortRange> Rule::*ranges, RowBuilder& rows,
                  PortColumn* column);
  void BuildSpecial();
  void BuildWildDestinations(const Config& config);
  bool BuildDestination(const Config& config, RowBuilder& rows);
  void SetAll(Wildcard* wildcard) const;

  void AskClient(const PolicyRequest& request, Query* query) const;
  void AskAllButDestination(const PolicyRequest& request, Query* query) const;
  Decision DecideName(const PolicyRequest& request) const;
  Decision DecideAddress(const PolicyRequest& request) const;
  Decision DecideZeros(const PolicyRequest& request) const;
  // What the entries say of an address.
  struct AddressRows {
    Row within;  // rules with an entry that it lies in
    Row very;    // rules that have this very address as an entry
  };
  const AddressRows& RowsOf(const Address& address) const {
    return address_rows_[destinations_.Find(address)];
  }

  const size_t rules_;
  std::vector<char> active_;  // by rule
  RowTable table_;
  std::array<BitSet, kPolicyCommands>
      commands_;  // active rules only, so that it leaves out the others everywhere
  BitSet allow_;
  BitSet allow_any_peer_;  // and grant bind_any_peer

  Wildcard any_source_;
  RangeSet sources_;
  std::map<std::string, RangeSet, std::less<>> scoped_sources_;  // by interface
  PortColumn source_ports_;
  UserColumn users_;
  PortColumn destination_ports_;

  Wildcard any_destination_;
  BitSet special_use_;       // rules whose destination says "special-use"
  BitSet any_or_addresses_;  // rules that could match a name that they do not name
  RangeSet destinations_;    // places in address_rows_; within special-use blocks only of entries
                             // that name them
  std::vector<AddressRows> address_rows_ = {{kEmptyRow, kEmptyRow}};
  NameSet names_;

  RangeSet special_;  // empty rows where ClassifySpecialUse says kNone, and faster than that
};

}  // namespace sluice

#endif  // SLUICE_POLICY_RULE_INDEX_H_
