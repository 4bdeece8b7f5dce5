#include "policy/snapshot.h"

#include <algorithm>
#include <utility>

#include "policy/rule_index.h"

namespace sluice {

Snapshot::Snapshot() = default;
Snapshot::~Snapshot() = default;

Decision Snapshot::Decide(const PolicyRequest& request) const { return index_->Decide(request); }

std::string_view Snapshot::RuleName(int32_t rule) const {
  return rule == kNoRule ? kDefaultDenyName : rules_[static_cast<size_t>(rule)].name;
}

const RuleGrant& Snapshot::Grant(int32_t rule) const {
  static const RuleGrant kNothing;
  return rule == kNoRule ? kNothing : rules_[static_cast<size_t>(rule)].grant;
}

const User* Snapshot::FindUser(std::string_view name) const {
  const auto found = user_of_name_.find(name);
  return found == user_of_name_.end() ? nullptr : &users_[found->second];
}

absl::StatusOr<std::unique_ptr<const Snapshot>> CompileSnapshot(const Config& config,
                                                                absl::Time now,
                                                                uint64_t generation) {
  absl::StatusOr<std::unique_ptr<const RuleIndex>> index = RuleIndex::Build(config, now);
  if (!index.ok()) return index.status();
  // NOLINTNEXTLINE: the constructor is private, make_unique cannot call it.
  std::unique_ptr<Snapshot> snapshot(new Snapshot);
  snapshot->service_ = config.service;
  snapshot->timeouts_ = config.timeouts;
  snapshot->limits_ = config.limits;
  snapshot->auth_ = config.auth;
  snapshot->users_ = config.users;
  for (size_t i = 0; i < snapshot->users_.size(); ++i)
    snapshot->user_of_name_.emplace(snapshot->users_[i].name, i);
  snapshot->generation_ = generation;
  snapshot->rules_.reserve(config.rules.size());
  for (const Rule& rule : config.rules) {
    snapshot->rules_.push_back({rule.name, rule.verdict, rule.grant});
    snapshot->lets_any_udp_peer_ |= rule.grant.udp_any_peer;
    if (rule.IsActive(now)) snapshot->next_expiry_ = std::min(snapshot->next_expiry_, rule.expires);
  }
  snapshot->index_ = *std::move(index);
  return std::unique_ptr<const Snapshot>(std::move(snapshot));
}

}  // namespace sluice
