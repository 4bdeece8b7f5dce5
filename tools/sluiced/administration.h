#ifndef SLUICE_TOOLS_SLUICED_ADMINISTRATION_H_
#define SLUICE_TOOLS_SLUICED_ADMINISTRATION_H_

// Administration: the daemon as the administrator's door sees it. The main and the reload thread
// leave here what they change, the door's thread of handlers asks; neither waits for the other,
// except who asks for a reload.
//
// Why what is asked is there as long as it is looked at: a configuration is shared with whoever has
// it, and the policy compiled from it is held by a reader of the gateway's publisher, as a shard
// holds it (policy/publisher.cc). The lock is held while a new one is published and while both are
// taken, so that they are of one generation.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "relay/gateway.h"
#include "relay/live_sessions.h"
#include "tools/admin/administered.h"
#include "tools/admin/entrance.h"
#include "tools/sluiced/load_policy.h"

namespace sluice {

class Administration final : public Administered {
 public:
  // Runs work that takes long, and returns when it is done.
  using Leisurely = std::function<void(const std::function<void()>&)>;

  // Before a shard's thread starts, after the gateway listens; both outlive this.
  Administration(Gateway& gateway, Store& store, ProcessFacts facts,
                 std::shared_ptr<const LoadedConfig> config, Leisurely at_leisure);

  // --- For the daemon
  // As Gateway::Publish.
  absl::Status Publish(LoadedPolicy policy);
  // Around each reload; `status` is what became of it.
  void BeginReload();
  void EndReload(const absl::Status& status);
  void Drain();
  // There will be no reload any more: whoever waits for one hears so.
  void Close();

  // --- Administered
  const ProcessFacts& facts() const override { return facts_; }
  Store& store() override { return store_; }
  LifeState state() const override;
  Entrance& entrance() override { return entrance_; }
  Counters::Totals Count() const override { return gateway_.Count(); }
  std::vector<const Histograms*> histograms() const override { return gateway_.histograms(); }
  std::map<std::string, RuleCounts::Counts, std::less<>> CountRules() const override {
    return store_.rules().Count();
  }
  std::vector<std::string> listening() const override;
  std::optional<LiveSessions::Cursor> ForEachSession(
      const LiveSessions::Cursor& from, absl::FunctionRef<bool(const LiveSession&)> visit) override;
  size_t EndSessions(absl::Span<const LiveSessions::Name> names, std::string_view why) override {
    return sessions_.End(names, EndedBy::kOperator, why);
  }
  std::shared_ptr<const LoadedConfig> config() const override;
  void AskPolicy(absl::FunctionRef<void(const LoadedConfig&, const Snapshot&)> ask) override;
  ReloadOutcome last_reload() const override;
  ReloadOutcome Reload() override;
  CheckOutcome Check(const std::string& text, bool trusted) override;

 private:
  // Since the process started, in calendar time.
  RuleCountsByName CountLiveRules() const;

  Gateway& gateway_;
  Store& store_;
  Publisher::Reader& reader_;    // of the thread that asks,
  const LiveSessions sessions_;  // and so is this
  const ProcessFacts facts_;
  const Leisurely at_leisure_;
  Entrance entrance_;

  mutable std::mutex lock_;
  std::condition_variable reloaded_;
  std::shared_ptr<const LoadedConfig> config_;
  std::vector<std::string> listening_;
  ReloadOutcome last_reload_;
  LifeState state_ = LifeState::kServing;
  // Reloads that were asked for, those that the one which runs will have answered, and those that
  // are.
  uint64_t asked_ = 0;
  uint64_t begun_ = 0;
  uint64_t done_ = 0;
  bool closed_ = false;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_ADMINISTRATION_H_
