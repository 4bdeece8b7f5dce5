#include "tools/sluiced/administration.h"

#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/uring_kernel.h"
#include "glog/logging.h"

namespace sluice {
namespace {

absl::Status Stopping() {
  return absl::UnavailableError("expected a gateway that runs, found it stopping; start it anew");
}

}  // namespace

Administration::Administration(Ground ground, ProcessFacts facts)
    : ground_(std::move(ground)),
      sessions_(ground_.gateway.shards()),
      traces_(ground_.gateway.shards()),
      facts_(std::move(facts)) {
  const absl::Status before = ground_.store.rules().Begin([this] { return CountLiveRules(); });
  if (!before.ok())
    LOG(WARNING) << "what rules did before this start is not known: " << before.message();
}

RuleCountsByName Administration::CountLiveRules() const {
  auto rules = ground_.gateway.CountRules();
  const absl::Duration calendar = absl::Now() - UringKernel::Clock();
  for (auto& [name, counts] : rules) {
    counts.first += calendar;
    counts.last += calendar;
  }
  return rules;
}

std::optional<LiveSessions::Cursor> Administration::ForEachSession(
    const LiveSessions::Cursor& from, absl::FunctionRef<bool(const LiveSession&)> visit) {
  const LiveSessions::Cursor next = sessions_.ForEach(from, visit);
  if (sessions_.AtEnd(next)) return std::nullopt;
  return next;
}

// Once: a second signal would end all sessions.
bool Administration::AskToDrain() {
  if (draining_ || drain_asked_.exchange(true)) return false;
  kill(getpid(), SIGTERM);
  return true;
}

void Administration::AskPolicy(absl::FunctionRef<void(const LoadedConfig&, const Snapshot&)> ask) {
  const LoadedPolicy policy = ground_.policy.view().policy;
  ask(*policy.config, *policy.snapshot);
}

ReloadOutcome Administration::Reload() {
  if (ground_.orders.Ask(ground_.reload)) return last_reload();
  return {Stopping(), absl::Now(), config()->generation};
}

CheckOutcome Administration::Check(const std::string& text, bool trusted) {
  const std::shared_ptr<const LoadedConfig> in_force = config();
  const std::string path = in_force->path.empty() ? ground_.changes.file().path() : in_force->path;
  const std::string name = ConfigName(in_force->path);
  const FileReader reader = ListReader(path, trusted ? nullptr : in_force.get());
  CheckOutcome outcome;
  ground_.at_leisure([&] {
    try {
      absl::StatusOr<Config> config = ParseConfig(text, name, reader);
      outcome.status = config.status();
      if (!config.ok()) return;
      absl::StatusOr<std::unique_ptr<const Snapshot>> snapshot =
          CompileSnapshot(*config, absl::Now(), in_force->generation + 1);
      outcome.status = snapshot.status();
      if (!snapshot.ok()) return;
      outcome.warnings = FindWarnings(*config, absl::Now());
      for (const PolicyTrial& trial : config->trials) {
        const bool met = RunTrials({trial}, **snapshot, name).ok();
        ++(met ? outcome.tests_passed : outcome.tests_failed);
      }
      outcome.tests = RunTrials(config->trials, **snapshot, name);
      outcome.status = outcome.tests;
      if (outcome.status.ok() && trusted) outcome.status = CheckKeys((*snapshot)->auth());
      outcome.snapshot = *std::move(snapshot);
    } catch (const std::bad_alloc&) {
      outcome.status = absl::ResourceExhaustedError(
          "expected enough memory for this configuration, found too little; make its lists "
          "shorter");
    }
  });
  return outcome;
}

// --- Changes

ConfigFileState Administration::file() const {
  const PolicyView view = ground_.policy.view();
  const ConfigFile& file = ground_.changes.file();
  const std::string on_disk = file.Sha256();
  return {.path = view.on_disk.empty() ? "" : view.file,
          .sha256 = view.policy.config->sha256,
          .revision = view.revision,
          .on_disk = on_disk,
          .differs = on_disk != view.on_disk,
          .writable = file.Writable().ok()};
}

ChangeOutcome Administration::Order(const std::function<ChangeOutcome()>& change) {
  ChangeOutcome outcome;
  if (ground_.orders.Ask([&] { outcome = change(); })) return outcome;
  outcome.fault = ChangeFault::kStopping;
  outcome.status = Stopping();
  return outcome;
}

ChangeOutcome Administration::ApplyDraft(const ChangeOrder& order) {
  return Order([&] { return ground_.changes.Apply(order); });
}

ChangeOutcome Administration::Confirm(const std::string& by, const std::string& from,
                                      std::chrono::steady_clock::time_point connected_at) {
  return Order([&] { return ground_.changes.Confirm(by, from, connected_at); });
}

ChangeOutcome Administration::Rollback(const std::string& by) {
  return Order([&] { return ground_.changes.Rollback(by); });
}

ChangeOutcome Administration::Extend(const std::string& by, absl::Duration time) {
  return Order([&] { return ground_.changes.Extend(by, time); });
}

absl::StatusOr<AccessLock> Administration::AddLock(AccessLock lock) {
  absl::StatusOr<AccessLock> set = Stopping();
  ground_.orders.Ask([&] { set = ground_.changes.AddLock(std::move(lock)); });
  return set;
}

absl::Status Administration::RemoveLock(uint64_t id, const std::string& by) {
  absl::Status status = Stopping();
  ground_.orders.Ask([&] { status = ground_.changes.RemoveLock(id, by); });
  return status;
}

}  // namespace sluice
