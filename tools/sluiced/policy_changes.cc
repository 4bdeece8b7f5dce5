#include "tools/sluiced/policy_changes.h"

#include <unistd.h>

#include <algorithm>
#include <new>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/limits.h"
#include "glog/logging.h"
#include "relay/live_sessions.h"
#include "relay/now_refused.h"
#include "tools/sluiced/first_screen.h"
#include "tools/sluiced/freed_memory.h"
#include "tools/sluiced/lock_rules.h"

namespace sluice {
namespace {

constexpr std::string_view kLocked = "locked by an operator";

bool HasExpired(const AccessLock& lock) { return lock.expires <= absl::Now(); }

// What comes from outside is escaped.
std::string Told(const std::string& by, const std::string& message) {
  return absl::StrCat(absl::CHexEscape(by), message.empty() ? "" : ": ", absl::CHexEscape(message));
}

}  // namespace

PolicyChanges::PolicyChanges(Ground ground, LoadedPolicy first, std::vector<AccessLock> locks)
    : ground_(std::move(ground)),
      file_(ground_.file),
      generation_(first.config->generation),
      in_force_(std::move(first)),
      on_disk_(in_force_.config->path.empty() ? "" : in_force_.config->sha256),
      locks_(std::move(locks)) {
  for (const AccessLock& lock : locks_) last_lock_ = std::max(last_lock_, lock.id);
  last_reload_ = {absl::OkStatus(), in_force_.config->loaded, generation_};
  const absl::StatusOr<std::vector<Revision>> newest = ground_.store.ListRevisions(0, 1);
  if (newest.ok() && !newest->empty()) {
    revision_ = newest->front().number;
    kept_sha256_ = newest->front().sha256;
  }
  KeepRevision("", "", "found at the start");
  Show();
}

// --- From a configuration to the policy in force

// What it allocates and frees is the reload thread's.
absl::Status PolicyChanges::AtLeisure(const std::function<absl::Status()>& work) {
  // What the text is read into, and the policy from before: the next reload may come soon.
  KeepFreedMemory();
  absl::Status status;
  ground_.at_leisure([&] {
    try {
      status = work();
    } catch (const std::bad_alloc&) {
      status = absl::ResourceExhaustedError(
          "there is not enough memory or address space: raise the limit (ulimit -v, LimitAS= and "
          "MemoryMax= of systemd); or make the lists shorter");
    }
  });
  ground_.agenda.TrimAfter(Moment::Now(), limits::kReloadMemoryKept);
  return status;
}

absl::Status PolicyChanges::Bring(const Load& load, Gateway::Unwanted unwanted) {
  return AtLeisure([&]() -> absl::Status {
    absl::StatusOr<LoadedPolicy> policy = load();
    if (!policy.ok()) return policy.status();
    if (absl::Status status = ground_.gateway.Publish(policy->snapshot, unwanted); !status.ok())
      return status;
    in_force_ = *std::move(policy);
    generation_ = in_force_.config->generation;
    Show();
    return absl::OkStatus();
  });
}

// A swap: nothing is compiled, nothing is opened.
void PolicyChanges::BringBack(LoadedPolicy before) {
  ground_.gateway.PublishAgain(before.snapshot);
  const LoadedPolicy gone = std::exchange(in_force_, std::move(before));
  Show();
}

std::string PolicyChanges::Source() const {
  if (!ground_.config.empty()) return ground_.config;
  const bool there = !ground_.file.empty() && access(ground_.file.c_str(), F_OK) == 0;
  return there ? ground_.file : "";
}

absl::Status PolicyChanges::Reload() {
  if (pending_.has_value()) GoBack("told to reload, before it was confirmed");
  std::erase_if(locks_, HasExpired);
  const std::string path = Source();
  absl::Status status = Bring(
      [&] { return LoadPolicy({.path = path, .locks = locks_}, absl::Now(), generation_ + 1); },
      Gateway::Unwanted::kClose);
  if (status.ok()) on_disk_ = path.empty() ? "" : in_force_.config->sha256;
  last_reload_ = {status, absl::Now(), in_force_.config->generation};
  if (status.ok()) KeepRevision("", "file", "read again");
  Show();
  if (status.ok()) EndRefused(false);
  return status;
}

// What is in force, where it is another text than the newest revision. Without a disk for it the
// change stands all the same.
void PolicyChanges::KeepRevision(const std::string& author, const std::string& from,
                                 const std::string& message) {
  const LoadedConfig& config = *in_force_.config;
  if (config.sha256 == kept_sha256_) return;
  const absl::StatusOr<int64_t> number = ground_.store.AddRevision({.at = absl::Now(),
                                                                    .author = author,
                                                                    .from = from,
                                                                    .message = message,
                                                                    .text = config.text,
                                                                    .sha256 = config.sha256,
                                                                    .base_sha256 = kept_sha256_});
  if (!number.ok()) {
    LOG(ERROR) << "what is in force is not kept as a revision: " << number.status().message();
    return;
  }
  revision_ = *number;
  kept_sha256_ = config.sha256;
}

absl::StatusOr<LoadedPolicy> PolicyChanges::LoadAfterExpiry() {
  const std::string path = Source();
  const bool as_read = !pending_.has_value() && file_.Sha256() == on_disk_;
  if (as_read) {
    absl::StatusOr<LoadedPolicy> again =
        LoadPolicy({.path = path, .locks = locks_, .failed = FailedTrials::kTell}, absl::Now(),
                   generation_ + 1);
    if (again.ok()) return again;
    LOG(ERROR) << "not read again, what was read before holds:\n" << again.status().message();
  }
  return CompileAgain(*in_force_.config, locks_, absl::Now(), generation_ + 1);
}

absl::Status PolicyChanges::Expire() {
  std::erase_if(locks_, HasExpired);
  absl::Status status =
      Bring([&] { return LoadAfterExpiry(); },
            pending_.has_value() ? Gateway::Unwanted::kKeep : Gateway::Unwanted::kClose);
  if (status.ok()) EndRefused(false);
  return status;
}

// --- A draft

ChangeOutcome PolicyChanges::FaultBefore(const ChangeOrder& order) const {
  if (pending_.has_value()) {
    return Fault(ChangeFault::kPending,
                 absl::FailedPreconditionError(absl::StrCat(
                     "expected no change that waits for its confirmation, found one of ",
                     absl::CHexEscape(pending_->shown.by), "; confirm it or roll it back first")));
  }
  if (absl::Status status = file_.Writable(); !status.ok())
    return Fault(ChangeFault::kNoPlace, std::move(status));
  const LoadedConfig& now = *in_force_.config;
  const DraftOrigin& base = order.draft.base;
  if (!base.from_disk && base.sha256 != now.sha256) {
    return Fault(
        ChangeFault::kBaseMoved,
        absl::AbortedError(absl::StrCat(
            "expected the configuration in force as this draft was begun from it, found that ",
            now.by.empty() ? "it was read from its file again" : Told(now.by, now.message),
            " (generation ", now.generation, ", ", absl::FormatTime(now.loaded),
            "); rebase the draft")));
  }
  if (file_.Sha256() != (base.from_disk ? base.sha256 : on_disk_)) {
    return Fault(ChangeFault::kFileDiffers,
                 absl::AbortedError(absl::StrCat(
                     file_.path(),
                     ": expected what was read from it or written to it last, found that it was "
                     "edited by hand; nothing was overwritten: look at it as a draft (\"from\": "
                     "\"disk\"), or reload")));
  }
  return {};
}

ChangeOutcome PolicyChanges::Apply(const ChangeOrder& order) {
  if (ChangeOutcome fault = FaultBefore(order); fault.fault != ChangeFault::kNone) return fault;
  const DraftOrigin& base = order.draft.base;
  const std::string on_disk = base.from_disk ? base.sha256 : on_disk_;
  LoadedPolicy before = in_force_;
  const PolicySource source{
      .path = file_.path(),
      .text = order.draft.text,
      .locks = locks_,
      .failed = order.override_tests.empty() ? FailedTrials::kRefuse : FailedTrials::kTell,
      .lists_of = order.reads_all_files ? nullptr : before.config.get(),
      .by = order.by,
      .message = order.message};
  absl::Status status = Bring([&] { return LoadPolicy(source, absl::Now(), generation_ + 1); },
                              Gateway::Unwanted::kKeep);
  if (!status.ok()) return Fault(ChangeFault::kUnfit, std::move(status));
  LOG(INFO) << "applied " << order.draft.id << " of " << Told(order.by, order.message)
            << "; generation " << generation_;
  if (order.confirm_within == absl::ZeroDuration()) {
    ChangeOutcome outcome = Settle(on_disk, order.from);
    if (outcome.fault != ChangeFault::kNone) {
      LOG(ERROR) << "not in force, since it cannot be kept: " << outcome.status.message();
      BringBack(std::move(before));
      outcome.generation = in_force_.config->generation;
      return outcome;
    }
    outcome.ended = EndRefused(order.end_refused);
    return outcome;
  }
  const absl::Time now = absl::Now();
  pending_ = Pending{.shown = {.draft = order.draft.id,
                               .by = order.by,
                               .message = order.message,
                               .since = now,
                               .until = now + order.confirm_within,
                               .left = order.confirm_within,
                               .generation = generation_},
                     .from = order.from,
                     .on_disk = on_disk,
                     .before = std::move(before),
                     .applied_at = std::chrono::steady_clock::now()};
  ground_.agenda.ConfirmWithin(Moment::Now(), order.confirm_within);
  LOG(INFO) << "it is undone in " << order.confirm_within << " unless somebody confirms it";
  Show();
  const size_t ended = EndRefused(order.end_refused);
  ChangeOutcome outcome = Outcome();
  outcome.ended = ended;
  return outcome;
}

// What is in force is there to stay: written down, and without the listeners of the policy before.
ChangeOutcome PolicyChanges::Settle(const std::string& on_disk, const std::string& from) {
  const LoadedConfig& config = *in_force_.config;
  if (config.sha256 != on_disk) {
    if (absl::Status status = file_.Replace(on_disk, config.text); !status.ok()) {
      return Fault(absl::IsAborted(status) ? ChangeFault::kFileDiffers : ChangeFault::kNoPlace,
                   status);
    }
  }
  if (on_disk.empty() && ground_.config.empty()) {
    LOG(INFO) << "the configuration is kept in " << file_.path()
              << " from now on, also after a restart without --config";
  }
  on_disk_ = config.sha256;
  KeepRevision(config.by, from, config.message);
  ground_.gateway.CloseUnwanted();
  Show();
  return Outcome();
}

ChangeOutcome PolicyChanges::Confirm(const std::string& by, const std::string& from,
                                     std::chrono::steady_clock::time_point connected_at) {
  if (!pending_.has_value()) return Fault(ChangeFault::kNotPending, absl::OkStatus());
  if (connected_at <= pending_->applied_at) {
    return Fault(ChangeFault::kOldConnection,
                 absl::FailedPreconditionError(
                     "expected the confirmation over a connection made after the change was "
                     "applied, which proves that one can still be made, found one from before; "
                     "connect again"));
  }
  ChangeOutcome outcome = Settle(pending_->on_disk, pending_->from);
  if (outcome.fault != ChangeFault::kNone) return outcome;
  ground_.agenda.Confirmed();
  LOG(INFO) << "confirmed by " << absl::CHexEscape(by) << " (" << absl::CHexEscape(from)
            << "): generation " << in_force_.config->generation;
  std::optional<Pending> done = std::exchange(pending_, std::nullopt);
  Show();
  // The policy from before goes where others do that are no longer needed.
  const absl::Status freed = AtLeisure([&] {
    done.reset();
    return absl::OkStatus();
  });
  return Outcome();
}

void PolicyChanges::GoBack(const std::string& why) {
  LoadedPolicy before = std::move(pending_->before);
  LOG(WARNING) << "the change of " << Told(pending_->shown.by, pending_->shown.message)
               << " is undone: " << why << "; generation " << before.config->generation
               << " is in force again";
  pending_.reset();
  ground_.agenda.Confirmed();
  BringBack(std::move(before));
}

// What nobody has asked for stands in the audit too.
void PolicyChanges::Undo() {
  if (!pending_.has_value()) return;
  const PendingChange undone = pending_->shown;
  GoBack("nobody has confirmed it in time");
  const absl::Status told = ground_.store.Audit({.at = absl::Now(),
                                                 .who = "sluiced",
                                                 .action = "undo a change",
                                                 .object = undone.draft,
                                                 .outcome = "done",
                                                 .detail = "nobody has confirmed it in time"});
  if (!told.ok()) LOG(ERROR) << "not in the audit: " << told.message();
}

ChangeOutcome PolicyChanges::Rollback(const std::string& by) {
  if (!pending_.has_value()) return Fault(ChangeFault::kNotPending, absl::OkStatus());
  GoBack(absl::StrCat(absl::CHexEscape(by), " has rolled it back"));
  return Outcome();
}

ChangeOutcome PolicyChanges::Extend(const std::string& by, absl::Duration time) {
  if (!pending_.has_value()) return Fault(ChangeFault::kNotPending, absl::OkStatus());
  ground_.agenda.ExtendConfirm(time);
  pending_->shown.until += time;
  LOG(INFO) << absl::CHexEscape(by) << " gives the change " << time << " more to be confirmed";
  Show();
  return Outcome();
}

// --- Locks

// Also of the policy that may come back: a lock outlives a change.
absl::Status PolicyChanges::SetLocks(std::vector<AccessLock> locks) {
  std::optional<LoadedPolicy> before;
  absl::Status status = Bring(
      [&]() -> absl::StatusOr<LoadedPolicy> {
        if (pending_.has_value()) {
          absl::StatusOr<LoadedPolicy> again =
              CompileAgain(*pending_->before.config, locks, absl::Now(), generation_ + 1);
          if (!again.ok()) return again.status();
          before = *std::move(again);
        }
        return CompileAgain(*in_force_.config, locks, absl::Now(), generation_ + 2);
      },
      pending_.has_value() ? Gateway::Unwanted::kKeep : Gateway::Unwanted::kClose);
  if (!status.ok()) return status;
  if (before.has_value()) pending_->before = *std::move(before);
  locks_ = std::move(locks);
  KeepLocks();
  Show();
  return absl::OkStatus();
}

void PolicyChanges::KeepLocks() {
  const absl::Status kept = ground_.store.SaveLocks(StoredLocks(locks_));
  if (!kept.ok())
    LOG(ERROR) << "locks hold until the gateway stops, and not longer: " << kept.message();
}

absl::StatusOr<AccessLock> PolicyChanges::AddLock(AccessLock lock) {
  std::vector<AccessLock> locks = locks_;
  std::erase_if(locks, HasExpired);
  if (locks.size() >= AccessLock::kMost) {
    return absl::ResourceExhaustedError(absl::StrCat("expected fewer than ", AccessLock::kMost,
                                                     " locks, found as many; write a rule, or take "
                                                     "away a lock that nobody needs"));
  }
  lock.id = last_lock_ + 1;
  lock.at = absl::Now();
  locks.push_back(lock);
  if (absl::Status status = SetLocks(std::move(locks)); !status.ok()) return status;
  last_lock_ = lock.id;
  lock.ended = EndLocked(lock);
  locks_.back().ended = lock.ended;
  Show();
  LOG(INFO) << absl::CHexEscape(lock.by) << " has set " << lock.rule() << ", which ended "
            << Counted(lock.ended, "session") << (lock.reason.empty() ? "" : ": ")
            << absl::CHexEscape(lock.reason);
  return lock;
}

absl::Status PolicyChanges::RemoveLock(uint64_t id, const std::string& by) {
  std::vector<AccessLock> locks = locks_;
  if (std::erase_if(locks, [&](const AccessLock& lock) { return lock.id == id; }) == 0) {
    return absl::NotFoundError(
        "expected a lock that is there, found none of that id; GET /api/v1/locks lists them");
  }
  std::erase_if(locks, HasExpired);
  if (absl::Status status = SetLocks(std::move(locks)); !status.ok()) return status;
  LOG(INFO) << absl::CHexEscape(by) << " has taken away " << AccessLock::kPrefix << id;
  return absl::OkStatus();
}

// --- Sessions

// Outside of leisure, so that it is over soon.
size_t PolicyChanges::EndRefused(bool asked) const {
  const Snapshot& rules = *in_force_.snapshot;
  if (!asked && !rules.service().end_refused) return 0;
  const size_t ended = LiveSessions(ground_.gateway.shards()).EndRefused(rules);
  LOG(INFO) << "ended " << Counted(ended, "session") << " that the rules now refuse";
  return ended;
}

// Those that its rule decides, and those from its addresses that are still being opened. (These
// would be refused by their shard, but only once they have said what they want.)
size_t PolicyChanges::EndLocked(const AccessLock& lock) const {
  const Snapshot& rules = *in_force_.snapshot;
  const std::string name = lock.rule();
  const bool by_client = lock.user.empty() && lock.destination.empty();
  const LiveSessions sessions(ground_.gateway.shards());
  std::vector<LiveSessions::Name> hit;
  sessions.ForEach({}, [&](const LiveSession& session) {
    std::optional<Decision> decision = NowRefusedBy(rules, session);
    if (!decision.has_value() && by_client && session.record.state < SessionState::kPeer) {
      PolicyRequest anything;
      anything.client = session.record.client;
      anything.client_interface = session.client_interface;
      anything.name = "any.invalid";
      decision = rules.Decide(anything);
    }
    if (decision.has_value() && rules.RuleName(decision->rule) == name)
      hit.push_back({session.record.shard, session.place});
    return true;
  });
  return sessions.End(hit, EndedBy::kOperator, kLocked);
}

// --- What others see

ChangeOutcome PolicyChanges::Fault(ChangeFault fault, absl::Status status) const {
  ChangeOutcome outcome = Outcome();
  outcome.fault = fault;
  outcome.status = std::move(status);
  if (fault == ChangeFault::kNotPending) {
    outcome.status = absl::FailedPreconditionError(
        "expected a change that waits for its confirmation, found none; it was confirmed, or "
        "undone in time: the gateway's log tells");
  }
  return outcome;
}

ChangeOutcome PolicyChanges::Outcome() const {
  const PolicyView view = ground_.shown.view();
  ChangeOutcome outcome;
  outcome.generation = in_force_.config->generation;
  outcome.revision = view.revision;
  outcome.pending = view.PendingNow();
  return outcome;
}

void PolicyChanges::Show() {
  PolicyView view;
  view.policy = in_force_;
  view.settled = pending_.has_value() ? pending_->before.config : in_force_.config;
  view.file = file_.path();
  view.on_disk = on_disk_;
  view.revision = revision_;
  view.listening = ground_.gateway.listening();
  view.last_reload = last_reload_;
  view.locks = locks_;
  if (pending_.has_value()) {
    view.pending = pending_->shown;
    const Moment now = Moment::Now();
    view.pending_until = now.booted + ground_.agenda.confirm_left(now);
  }
  ground_.shown.Show(std::move(view));
}

}  // namespace sluice
