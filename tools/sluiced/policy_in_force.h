#ifndef SLUICE_TOOLS_SLUICED_POLICY_IN_FORCE_H_
#define SLUICE_TOOLS_SLUICED_POLICY_IN_FORCE_H_

// PolicyInForce: what the main thread has brought into force, for whoever asks: each part is shared
// with whoever has taken it, so nobody holds up the next change. The main thread writes; any reads.

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/admin/administered.h"
#include "tools/admin/changes.h"
#include "tools/sluiced/agenda.h"
#include "tools/sluiced/load_policy.h"

namespace sluice {

struct PolicyView {
  LoadedPolicy policy;  // configuration and what was compiled from it: of one generation
  // What is there to stay: the same, but while a change waits for its confirmation the one before.
  std::shared_ptr<const LoadedConfig> settled;
  std::string file;      // where the configuration is kept; empty: nowhere yet
  std::string on_disk;   // the SHA-256 of what was read from there, or written, last
  int64_t revision = 0;  // of `settled`; 0: none
  std::vector<std::string> listening;
  ReloadOutcome last_reload;
  std::optional<PendingChange> pending;
  absl::Time pending_until;  // on CLOCK_BOOTTIME
  std::vector<AccessLock> locks;

  // With the time that is left.
  std::optional<PendingChange> PendingNow() const {
    std::optional<PendingChange> now = pending;
    if (now.has_value())
      now->left = std::max(pending_until - Moment::Now().booted, absl::ZeroDuration());
    return now;
  }
};

class PolicyInForce {
 public:
  PolicyView view() const {
    const std::lock_guard<std::mutex> lock(lock_);
    return view_;
  }
  // What is let go of by it is freed by the caller's thread, outside of the lock.
  void Show(PolicyView view) {
    const std::lock_guard<std::mutex> lock(lock_);
    std::swap(view_, view);
  }

 private:
  mutable std::mutex lock_;
  PolicyView view_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_POLICY_IN_FORCE_H_
