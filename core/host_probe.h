#ifndef SLUICE_CORE_HOST_PROBE_H_
#define SLUICE_CORE_HOST_PROBE_H_

// HostProbe: what this host can do for a gateway, found out once at start: the kernel's io_uring, and the limits of this process.
// Main thread, before any other.

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice {

struct HostProbe {
  int sessions_max = 0;      // by open files: two a session
  int splice_pipes_max = 0;  // by the pages one user's pipes may hold
  std::vector<std::string> remarks;  // what was adapted, a sentence each
};

// Raises the soft limit of open files to the hard one. The status is one sentence that says what to change.
absl::StatusOr<HostProbe> ProbeHost();

}  // namespace sluice

#endif  // SLUICE_CORE_HOST_PROBE_H_
