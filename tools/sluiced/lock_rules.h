#ifndef SLUICE_TOOLS_SLUICED_LOCK_RULES_H_
#define SLUICE_TOOLS_SLUICED_LOCK_RULES_H_

// Locks as rules: denials above all others, so that the index, explanations, counts, expiry and the
// end of sessions know nothing of locks. Their rules are written as in sluice.toml and read by its
// reader, which knows what may stand there. Values only, any thread.

#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "policy/config.h"
#include "tools/admin/lock.h"
#include "tools/admin/store/store.h"

namespace sluice {

// Puts them above the rules of `config`: as its first rules, one for each, in their order.
// InvalidArgument where one says what no rule could.
absl::Status AddLockRules(absl::Span<const AccessLock> locks, Config* config);

// As the store keeps them, and back. What has expired, or has an id that is none, is left out.
std::vector<Lock> StoredLocks(absl::Span<const AccessLock> locks);
std::vector<AccessLock> LocksOf(absl::Span<const Lock> stored, absl::Time now);

// Takes away what AddLockRules has put there: the first `rules` rules, and the lists from place
// `lists` on.
void DropLockRules(size_t rules, size_t lists, Config* config);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_LOCK_RULES_H_
