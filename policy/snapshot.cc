#include "policy/snapshot.h"

#include <algorithm>
#include <utility>

#include "policy/rule_index.h"

namespace sluice {

Snapshot::Snapshot() = default;
Snapshot::~Snapshot() = default;

Decision Snapshot::Decide(const PolicyRequest& request) const { return index_->Decide(request); }

std::string_view Snapshot::RuleName(int32_t rule) const {
  return rule == kNoRule ? std::string_view("default deny")
                         : rules_[static_cast<size_t>(rule)].name;
}

absl::StatusOr<std::unique_ptr<const Snapshot>> CompileSnapshot(const Config& config,
                                                                const HostAddresses& host,
                                                                absl::Time now,
                                                                uint64_t generation) {
  absl::StatusOr<std::unique_ptr<const RuleIndex>> index = RuleIndex::Build(config, host, now);
  if (!index.ok()) return index.status();
  // NOLINTNEXTLINE: the constructor is private, make_unique cannot call it.
  std::unique_ptr<Snapshot> snapshot(new Snapshot);
  snapshot->service_ = config.service;
  snapshot->timeouts_ = config.timeouts;
  snapshot->generation_ = generation;
  snapshot->rules_.reserve(config.rules.size());
  for (const Rule& rule : config.rules) {
    snapshot->rules_.push_back({rule.name, rule.verdict});
    if (rule.IsActive(now)) snapshot->next_expiry_ = std::min(snapshot->next_expiry_, rule.expires);
  }
  snapshot->index_ = *std::move(index);
  return std::unique_ptr<const Snapshot>(std::move(snapshot));
}

}  // namespace sluice
