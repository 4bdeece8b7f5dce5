#ifndef SLUICE_TOOLS_SLUICED_POLICY_CHANGES_H_
#define SLUICE_TOOLS_SLUICED_POLICY_CHANGES_H_

// PolicyChanges: everything that brings another policy into force: the file read again, a rule that
// expires, a draft applied and confirmed or not, a lock. The main thread's; each change is compiled
// at leisure, and either in force as a whole or not at all.
//
//   apply, with a timer     the policy from before is kept, ready, with its listeners
//     confirmed             the file is written, what was kept is let go
//     not confirmed         the kept policy is published again: nothing compiles, nothing opens
//   apply, without          in force, then the file is written; where it cannot be, back again

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "relay/gateway.h"
#include "tools/admin/changes.h"
#include "tools/admin/store/store.h"
#include "tools/sluiced/agenda.h"
#include "tools/sluiced/config_file.h"
#include "tools/sluiced/load_policy.h"
#include "tools/sluiced/policy_in_force.h"

namespace sluice {

class PolicyChanges {
 public:
  // Runs work that takes long, and returns when it is done.
  using Leisurely = std::function<void(const std::function<void()>&)>;

  struct Ground {
    Gateway& gateway;
    Store& store;
    Agenda& agenda;
    PolicyInForce& shown;
    Leisurely at_leisure;
    std::string config;  // the file that the operator has named; empty: none
    std::string file;    // where the configuration is kept, or will be; empty: nowhere
  };

  // `first` is in force, compiled below `locks`.
  PolicyChanges(Ground ground, LoadedPolicy first, std::vector<AccessLock> locks);

  // What SIGHUP does. A change that waits for its confirmation is undone.
  absl::Status Reload();
  // A rule has expired. Whatever was edited by hand stays where it is.
  absl::Status Expire();
  // The time for a confirmation is over.
  void Undo();

  ChangeOutcome Apply(const ChangeOrder& order);
  ChangeOutcome Confirm(const std::string& by, const std::string& from,
                        std::chrono::steady_clock::time_point connected_at);
  ChangeOutcome Rollback(const std::string& by);
  ChangeOutcome Extend(const std::string& by, absl::Duration time);

  absl::StatusOr<AccessLock> AddLock(AccessLock lock);
  absl::Status RemoveLock(uint64_t id, const std::string& by);

  const ConfigFile& file() const { return file_; }

 private:
  struct Pending {
    PendingChange shown;
    std::string from;
    std::string on_disk;  // what the file must still be
    LoadedPolicy before;
    std::chrono::steady_clock::time_point applied_at;
  };

  using Load = std::function<absl::StatusOr<LoadedPolicy>()>;

  absl::Status AtLeisure(const std::function<absl::Status()>& work);
  absl::Status Bring(const Load& load, Gateway::Unwanted unwanted);
  void BringBack(LoadedPolicy before);
  absl::Status SetLocks(std::vector<AccessLock> locks);
  std::string Source() const;
  ChangeOutcome FaultBefore(const ChangeOrder& order) const;
  ChangeOutcome Settle(const std::string& on_disk, const std::string& from);
  void KeepRevision(const std::string& author, const std::string& from, const std::string& message);
  void KeepLocks();
  void GoBack(const std::string& why);
  absl::StatusOr<LoadedPolicy> LoadAfterExpiry();
  size_t EndRefused(bool asked) const;
  size_t EndLocked(const AccessLock& lock) const;
  ChangeOutcome Outcome() const;
  ChangeOutcome Fault(ChangeFault fault, absl::Status status) const;
  void Show();

  const Ground ground_;
  const ConfigFile file_;
  uint64_t generation_;
  LoadedPolicy in_force_;
  std::string on_disk_;  // SHA-256 of what was read from the file, or written, last; empty: nothing
  std::string kept_sha256_;  // of the newest revision
  int64_t revision_ = 0;
  std::optional<Pending> pending_;
  std::vector<AccessLock> locks_;
  uint64_t last_lock_ = 0;
  ReloadOutcome last_reload_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_POLICY_CHANGES_H_
