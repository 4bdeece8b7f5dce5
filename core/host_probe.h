#ifndef SLUICE_CORE_HOST_PROBE_H_
#define SLUICE_CORE_HOST_PROBE_H_

// HostProbe: what this host can do for a gateway, found out once at start: the kernel's io_uring,
// by using it as the shards will, and the limits of this process. Main thread, before any other.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice {

struct HostProbe {
  int places_max = 0;                // by open files: two a place, see relay/limits/places.h
  int splice_pipes_max = 0;          // by the pages that one user's pipes may hold
  std::vector<std::string> remarks;  // what was adapted and what is scarce, a sentence each
};

// Raises the soft limits of open files and locked memory to the hard ones. The status is one
// sentence that says what to change.
absl::StatusOr<HostProbe> ProbeHost();

inline constexpr char kLinuxMin[] = "6.1";

// Whether so many bytes of address space can be had, beside what the process has already.
bool CanReserve(size_t bytes);

// Whether a release as uname(2) has it (`6.1.0-18-amd64`) is new enough.
absl::Status CheckRelease(std::string_view release);

// Of the library that is linked.
std::string LiburingVersion();

}  // namespace sluice

#endif  // SLUICE_CORE_HOST_PROBE_H_
