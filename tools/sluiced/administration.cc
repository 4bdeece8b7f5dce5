#include "tools/sluiced/administration.h"

#include <unistd.h>

#include <csignal>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/uring_kernel.h"
#include "glog/logging.h"

namespace sluice {

Administration::Administration(Gateway& gateway, Store& store, ProcessFacts facts,
                               std::shared_ptr<const LoadedConfig> config, Leisurely at_leisure)
    : gateway_(gateway),
      store_(store),
      reader_(gateway.AddReader()),
      sessions_(gateway.shards()),
      facts_(std::move(facts)),
      at_leisure_(std::move(at_leisure)),
      config_(std::move(config)),
      listening_(gateway.listening()) {
  last_reload_.at = config_->loaded;
  last_reload_.generation = config_->generation;
  const absl::Status before = store_.rules().Begin([this] { return CountLiveRules(); });
  if (!before.ok())
    LOG(WARNING) << "what rules did before this start is not known: " << before.message();
}

// --- For the daemon

absl::Status Administration::Publish(LoadedPolicy policy) {
  std::shared_ptr<const LoadedConfig> old;  // freed when the lock is not held any more
  const std::lock_guard<std::mutex> lock(lock_);
  if (absl::Status status = gateway_.Publish(std::move(policy.snapshot)); !status.ok())
    return status;
  old = std::exchange(config_, std::move(policy.config));
  listening_ = gateway_.listening();
  return absl::OkStatus();
}

void Administration::BeginReload() {
  const std::lock_guard<std::mutex> lock(lock_);
  begun_ = asked_;
}

void Administration::EndReload(const absl::Status& status) {
  {
    const std::lock_guard<std::mutex> lock(lock_);
    last_reload_ = {status, absl::Now(), config_->generation};
    done_ = begun_;
  }
  reloaded_.notify_all();
}

void Administration::Drain() {
  const std::lock_guard<std::mutex> lock(lock_);
  state_ = LifeState::kDraining;
}

void Administration::Close() {
  {
    const std::lock_guard<std::mutex> lock(lock_);
    closed_ = true;
  }
  reloaded_.notify_all();
}

// --- Administered

LifeState Administration::state() const {
  const std::lock_guard<std::mutex> lock(lock_);
  return state_;
}

std::vector<std::string> Administration::listening() const {
  const std::lock_guard<std::mutex> lock(lock_);
  return listening_;
}

RuleCountsByName Administration::CountLiveRules() const {
  auto rules = gateway_.CountRules();
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

std::shared_ptr<const LoadedConfig> Administration::config() const {
  const std::lock_guard<std::mutex> lock(lock_);
  return config_;
}

void Administration::AskPolicy(absl::FunctionRef<void(const LoadedConfig&, const Snapshot&)> ask) {
  std::shared_ptr<const LoadedConfig> config;
  const Snapshot* snapshot = nullptr;
  {
    const std::lock_guard<std::mutex> lock(lock_);
    config = config_;
    snapshot = &reader_.Enter();
  }
  // Leaves also where `ask` throws.
  const auto leave = [](Publisher::Reader* reader) { reader->Leave(); };
  const std::unique_ptr<Publisher::Reader, decltype(leave)> inside(&reader_, leave);
  ask(*config, *snapshot);
}

ReloadOutcome Administration::last_reload() const {
  const std::lock_guard<std::mutex> lock(lock_);
  return last_reload_;
}

// Signals of one kind do not queue, so one reload may answer several who asked; it must only have
// begun after they did.
ReloadOutcome Administration::Reload() {
  std::unique_lock<std::mutex> lock(lock_);
  const uint64_t ticket = ++asked_;
  kill(getpid(), SIGHUP);
  reloaded_.wait(lock, [&] { return closed_ || done_ >= ticket; });
  if (done_ >= ticket) return last_reload_;
  return {absl::UnavailableError("expected to reload, found the gateway stopping; start it anew"),
          absl::Now(), config_->generation};
}

CheckOutcome Administration::Check(const std::string& text, bool trusted) {
  const std::shared_ptr<const LoadedConfig> in_force = config();
  const std::string name = ConfigName(in_force->path);
  const FileReader reader =
      [&, read = ListReader(in_force->path)](std::string_view list) -> absl::StatusOr<std::string> {
    if (trusted || in_force->lists.contains(list)) return read(list);
    return absl::PermissionDeniedError(
        "it is none of the configuration in force, and through this door only root, or the "
        "daemon's own user, may name others");
  };
  CheckOutcome outcome;
  at_leisure_([&] {
    try {
      absl::StatusOr<Config> config = ParseConfig(text, name, reader);
      outcome.status = config.status();
      if (!config.ok()) return;
      const absl::StatusOr<std::unique_ptr<const Snapshot>> snapshot =
          CompileSnapshot(*config, absl::Now(), in_force->generation + 1);
      outcome.status = snapshot.status();
      if (!snapshot.ok()) return;
      outcome.warnings = FindWarnings(*config, absl::Now());
      for (const PolicyTrial& trial : config->trials) {
        const bool met = RunTrials({trial}, **snapshot, name).ok();
        ++(met ? outcome.tests_passed : outcome.tests_failed);
      }
      outcome.status = RunTrials(config->trials, **snapshot, name);
      if (outcome.status.ok() && trusted) outcome.status = CheckKeys((*snapshot)->auth());
    } catch (const std::bad_alloc&) {
      outcome.status = absl::ResourceExhaustedError(
          "expected enough memory for this configuration, found too little; make its lists "
          "shorter");
    }
  });
  return outcome;
}

}  // namespace sluice
