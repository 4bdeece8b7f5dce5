#ifndef SLUICE_TOOLS_SLUICED_LOAD_POLICY_H_
#define SLUICE_TOOLS_SLUICED_LOAD_POLICY_H_

// From a configuration file to a policy that may come into force: read, checked, compiled, and its
// own tests run. Reads files; any thread that may wait.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/config.h"
#include "policy/snapshot.h"
#include "tools/admin/administered.h"

namespace sluice {

// What becomes of a policy that fails one of its own [[test]]s: it is refused, but not where a rule
// has expired: then the policy from before is worse, and the log tells.
enum class FailedTrials : uint8_t { kRefuse, kTell };

struct LoadedPolicy {
  std::unique_ptr<const Snapshot> snapshot;
  std::shared_ptr<const LoadedConfig> config;
};

// `path` is empty for the configuration that is built in.
absl::StatusOr<LoadedPolicy> LoadPolicy(const std::string& path, absl::Time now,
                                        uint64_t generation,
                                        FailedTrials failed = FailedTrials::kRefuse);

// The compiled half of it alone.
absl::StatusOr<std::unique_ptr<const Snapshot>> LoadSnapshot(
    const std::string& path, absl::Time now, uint64_t generation,
    FailedTrials failed = FailedTrials::kRefuse);

// What the configuration at `path` is called in errors.
std::string ConfigName(const std::string& path);

// Reads the list files of a configuration at `path`, whose folder their names are relative to.
FileReader ListReader(const std::string& path);

// OK where the keys of Kerberos are there, or nobody needs them.
absl::Status CheckKeys(const AuthSettings& auth);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_LOAD_POLICY_H_
