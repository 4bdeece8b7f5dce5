#ifndef SLUICE_TOOLS_SLUICED_LOAD_POLICY_H_
#define SLUICE_TOOLS_SLUICED_LOAD_POLICY_H_

// From a configuration to a policy that may come into force: read, checked, compiled, and its own
// tests run, which know nothing of locks. Reads files; any thread that may wait.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "policy/config.h"
#include "policy/snapshot.h"
#include "tools/admin/administered.h"
#include "tools/admin/lock.h"

namespace sluice {

// What becomes of a policy that fails one of its own [[test]]s: it is refused, but not where a rule
// has expired (then the policy from before is worse) or an administrator says why; the log tells.
enum class FailedTrials : uint8_t { kRefuse, kTell };

struct LoadedPolicy {
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<const LoadedConfig> config;
};

struct PolicySource {
  std::string path;                         // of the file; empty: the text that is built in
  std::optional<std::string> text = {};     // instead of what stands there
  absl::Span<const AccessLock> locks = {};  // above its rules
  FailedTrials failed = FailedTrials::kRefuse;
  // Whose lists it may name, and no others; null: any that the process can read.
  const LoadedConfig* lists_of = nullptr;
  // Who wants it, and why: for LoadedConfig.
  std::string by = {};
  std::string message = {};
};

absl::StatusOr<LoadedPolicy> LoadPolicy(const PolicySource& source, absl::Time now,
                                        uint64_t generation);

// The same configuration once more, as it is in memory: below other locks, or later, when rules
// have expired. Nothing is read.
absl::StatusOr<LoadedPolicy> CompileAgain(const LoadedConfig& config,
                                          absl::Span<const AccessLock> locks, absl::Time now,
                                          uint64_t generation);

// The compiled half of it alone.
absl::StatusOr<std::shared_ptr<const Snapshot>> LoadSnapshot(
    const std::string& path, absl::Time now, uint64_t generation,
    FailedTrials failed = FailedTrials::kRefuse);

// What the configuration at `path` is called in errors.
std::string ConfigName(const std::string& path);

// Reads the list files of a configuration at `path`, whose folder their names are relative to:
// those of `only`, if it is not null, and no others.
FileReader ListReader(const std::string& path, const LoadedConfig* only = nullptr);

// OK where the keys of Kerberos are there, or nobody needs them.
absl::Status CheckKeys(const AuthSettings& auth);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_LOAD_POLICY_H_
