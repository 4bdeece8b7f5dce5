// The names of a list share their rules with all its other names, so:
//   1. Each list of names (a group, or the names written in one rule) gets a pair of rows.
//   2. Each name gets the lists that it stands in.
//   3. Each distinct combination of lists is joined once.

#include "policy/user_column.h"

#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"

namespace sluice {

class UserColumn::Compiler {
 public:
  Compiler(size_t rules, RowBuilder& rows) : rows_(rows), all_(rules), ident_(rules) {}

  ByProof RowsOf(const Config& config, const std::vector<uint32_t>& rules) {
    for (const uint32_t rule : rules) {
      all_.Set(rule);
      if (config.rules[rule].grant.ident) ident_.Set(rule);
    }
    return Take();
  }

  // Adds the names of a list whose rules have `rows`.
  void AddList(const std::vector<std::string>& names, const ByProof& rows) {
    const auto list = static_cast<uint32_t>(lists_.size());
    lists_.push_back(rows);
    for (const std::string& name : names) {
      std::vector<uint32_t>& of_name = lists_of_[name];
      if (of_name.empty() || of_name.back() != list) of_name.push_back(list);
    }
  }

  absl::flat_hash_map<std::string, ByProof> Join() {
    absl::flat_hash_map<std::string, ByProof> named;
    named.reserve(lists_of_.size());
    for (const auto& [name, lists] : lists_of_) {
      const auto [joined, is_new] = joined_.try_emplace(lists, ByProof{});
      if (is_new) {
        for (const uint32_t list : lists) {
          rows_.AddTo(lists_[list].authenticated, &all_);
          rows_.AddTo(lists_[list].ident, &ident_);
        }
        joined->second = Take();
      }
      named.emplace(name, joined->second);
    }
    return named;
  }

 private:
  ByProof Take() {
    const ByProof taken{rows_.Intern(all_), rows_.Intern(ident_)};
    all_.ClearAll();
    ident_.ClearAll();
    return taken;
  }

  RowBuilder& rows_;
  BitSet all_, ident_;  // empty between calls
  std::vector<ByProof> lists_;
  absl::flat_hash_map<std::string_view, std::vector<uint32_t>> lists_of_;
  absl::flat_hash_map<std::vector<uint32_t>, ByProof> joined_;
};

UserColumn::UserColumn(const Config& config, const std::vector<char>& active, RowBuilder& rows)
    : everybody_(config.rules.size()) {
  Compiler compiler(config.rules.size(), rows);
  std::vector<uint32_t> any_user;
  std::vector<std::vector<uint32_t>> rules_of_group(config.groups.size());
  for (uint32_t i = 0; i < config.rules.size(); ++i) {
    if (!active[i]) continue;
    const RuleUsers& users = config.rules[i].users;
    is_all_ &= users.is_everybody();
    if (users.is_everybody()) {
      everybody_.Set(i);
    } else if (users.is_any_user()) {
      any_user.push_back(i);
    }
    for (const uint32_t group : users.groups) rules_of_group[group].push_back(i);
    if (!users.names.empty()) compiler.AddList(users.names, compiler.RowsOf(config, {i}));
  }
  for (size_t group = 0; group < config.groups.size(); ++group) {
    if (rules_of_group[group].empty()) continue;
    compiler.AddList(config.groups[group].members, compiler.RowsOf(config, rules_of_group[group]));
  }
  any_user_ = compiler.RowsOf(config, any_user);
  named_ = compiler.Join();
}

void UserColumn::Prefetch(std::string_view user, UserProof proof) const {
  if (proof != UserProof::kNone) named_.prefetch(absl::string_view(user.data(), user.size()));
}

UserColumn::Rows UserColumn::Find(std::string_view user, UserProof proof) const {
  if (proof == UserProof::kNone) return {};
  const bool authenticated = proof == UserProof::kAuthenticated;
  const auto found = named_.find(absl::string_view(user.data(), user.size()));
  const ByProof named = found == named_.end() ? ByProof{} : found->second;
  return {authenticated ? any_user_.authenticated : any_user_.ident,
          authenticated ? named.authenticated : named.ident};
}

}  // namespace sluice
