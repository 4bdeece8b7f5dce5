#ifndef SLUICE_POLICY_USER_COLUMN_H_
#define SLUICE_POLICY_USER_COLUMN_H_

// UserColumn: which rules accept the user of a request; one dimension of RuleIndex, who owns it.
// Rules that ask for no user accept everybody; those that ask for any user are one row; those that
// name users have a row per name, found by its hash. What counts as a user is told in snapshot.h.
// Built once, then read only, any thread.

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "policy/bit_set.h"
#include "policy/config.h"
#include "policy/decision.h"
#include "policy/row_table.h"

namespace sluice {

class UserColumn {
 public:
  // The rules that accept, beside those for everybody.
  struct Rows {
    Row any_user = kEmptyRow;
    Row named = kEmptyRow;
  };

  UserColumn() = default;
  // `active`, by rule: the others accept nobody. Rows go to `rows`.
  UserColumn(const Config& config, const std::vector<char>& active, RowBuilder& rows);

  // No rule asks for a user: then the column need not be asked.
  bool is_all() const { return is_all_; }
  const BitSet& everybody() const { return everybody_; }
  Rows Find(std::string_view user, UserProof proof) const;
  // Brings what Find will read closer; the other dimensions are asked meanwhile.
  void Prefetch(std::string_view user, UserProof proof) const;

 private:
  // By what a rule takes for a proof. A rule with `ident` stands in both.
  struct ByProof {
    Row authenticated = kEmptyRow;
    Row ident = kEmptyRow;
  };
  class Compiler;

  bool is_all_ = true;
  BitSet everybody_;
  ByProof any_user_;
  absl::flat_hash_map<std::string, ByProof> named_;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_USER_COLUMN_H_
