#ifndef SLUICE_TOOLS_SLUICED_ADMINISTRATION_H_
#define SLUICE_TOOLS_SLUICED_ADMINISTRATION_H_

// Administration: the daemon as the administrator's door sees it. What is in force is shared with
// whoever looks at it (policy_in_force.h); what changes it is an order to the main thread
// (orders.h), for which the handler waits. Any thread that may wait, but the main one.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "relay/gateway.h"
#include "relay/live_sessions.h"
#include "relay/traces.h"
#include "tools/admin/administered.h"
#include "tools/admin/changes.h"
#include "tools/admin/entrance.h"
#include "tools/admin/recent_warnings.h"
#include "tools/sluiced/load_policy.h"
#include "tools/sluiced/orders.h"
#include "tools/sluiced/policy_changes.h"
#include "tools/sluiced/policy_in_force.h"

namespace sluice {

class Administration final : public Administered, public Changes {
 public:
  struct Ground {
    Gateway& gateway;
    Store& store;
    const PolicyInForce& policy;
    PolicyChanges& changes;  // the main thread's
    Orders& orders;
    PolicyChanges::Leisurely at_leisure;
    std::function<void()> reload;  // the main thread's
  };

  // After the gateway listens; all of it outlives this.
  Administration(Ground ground, ProcessFacts facts);

  // --- For the daemon
  void Drain() { draining_ = true; }

  // --- Administered
  const ProcessFacts& facts() const override { return facts_; }
  Store& store() override { return ground_.store; }
  std::string recent_warnings() const override { return recent_warnings_.Text(); }
  bool AskToDrain() override;
  LifeState state() const override {
    return draining_ ? LifeState::kDraining : LifeState::kServing;
  }
  Entrance& entrance() override { return entrance_; }
  Changes& changes() override { return *this; }
  Counters::Totals Count() const override { return ground_.gateway.Count(); }
  std::vector<const Histograms*> histograms() const override {
    return ground_.gateway.histograms();
  }
  std::map<std::string, RuleCounts::Counts, std::less<>> CountRules() const override {
    return ground_.store.rules().Count();
  }
  std::vector<std::string> listening() const override { return ground_.policy.view().listening; }
  Traces& traces() override { return traces_; }
  std::optional<LiveSessions::Cursor> ForEachSession(
      const LiveSessions::Cursor& from, absl::FunctionRef<bool(const LiveSession&)> visit) override;
  size_t EndSessions(absl::Span<const LiveSessions::Name> names, std::string_view why) override {
    return sessions_.End(names, EndedBy::kOperator, why);
  }
  std::shared_ptr<const LoadedConfig> config() const override {
    return ground_.policy.view().policy.config;
  }
  void AskPolicy(absl::FunctionRef<void(const LoadedConfig&, const Snapshot&)> ask) override;
  ReloadOutcome last_reload() const override { return ground_.policy.view().last_reload; }
  ReloadOutcome Reload() override;
  CheckOutcome Check(const std::string& text, bool trusted) override;

  // --- Changes
  Drafts& drafts() override { return drafts_; }
  ConfigFileState file() const override;
  absl::StatusOr<std::string> ReadDisk() const override { return ground_.changes.file().Read(); }
  std::optional<PendingChange> pending() const override {
    return ground_.policy.view().PendingNow();
  }
  ChangeOutcome ApplyDraft(const ChangeOrder& order) override;
  ChangeOutcome Confirm(const std::string& by, const std::string& from,
                        std::chrono::steady_clock::time_point connected_at) override;
  ChangeOutcome Rollback(const std::string& by) override;
  ChangeOutcome Extend(const std::string& by, absl::Duration time) override;
  std::vector<AccessLock> locks() const override { return ground_.policy.view().locks; }
  absl::StatusOr<AccessLock> AddLock(AccessLock lock) override;
  absl::Status RemoveLock(uint64_t id, const std::string& by) override;

 private:
  // Since the process started, in calendar time.
  RuleCountsByName CountLiveRules() const;
  ChangeOutcome Order(const std::function<ChangeOutcome()>& change);

  const Ground ground_;
  const RecentWarnings recent_warnings_;
  const LiveSessions sessions_;
  Traces traces_;
  const ProcessFacts facts_;
  Entrance entrance_{ground_.store};
  Drafts drafts_;
  std::atomic<bool> draining_ = false;
  std::atomic<bool> drain_asked_ = false;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_ADMINISTRATION_H_
