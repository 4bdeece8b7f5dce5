#ifndef SLUICE_TOOLS_ADMIN_STORE_RULE_LEDGER_H_
#define SLUICE_TOOLS_ADMIN_STORE_RULE_LEDGER_H_

// RuleLedger: what rules did since there is a store. Shards count since the gateway started, by
// names that they never forget (relay/rule_counts.h); the ledger adds what was before, and moves it
// where a rule gets another name. Any thread.

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "relay/rule_counts.h"

namespace sluice {

class Store;

using RuleCountsByName = std::map<std::string, RuleCounts::Counts, std::less<>>;

class RuleLedger {
 public:
  using Live = std::function<RuleCountsByName()>;

  explicit RuleLedger(Store& store) : store_(store) {}

  // Reads what was before. `live`: what shards have counted since they started, in calendar time.
  absl::Status Begin(Live live);
  RuleCountsByName Count() const;
  void Rename(std::string_view from, std::string_view to);
  void Save();
  // Saves, and asks shards no more.
  void End();

 private:
  RuleCountsByName CountLocked() const;

  Store& store_;
  mutable std::mutex lock_;
  Live live_;
  RuleCountsByName before_;  // to be added
  RuleCountsByName moved_;   // to be taken from what shards say: another name has it
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_RULE_LEDGER_H_
