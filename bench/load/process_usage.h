#ifndef SLUICE_BENCH_LOAD_PROCESS_USAGE_H_
#define SLUICE_BENCH_LOAD_PROCESS_USAGE_H_

// What a process and all its descendants have cost so far, from /proc. Reads the whole of /proc:
// for the marks of a run, not for its middle. Any thread.

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace sluice::load {

// CPU time, user and system, of all threads, dead ones and reaped children included.
absl::StatusOr<double> TreeCpuSeconds(int pid);

// The same of a cgroup, from its cpuacct.usage (version 1) or cpu.stat (version 2).
absl::StatusOr<double> GroupCpuSeconds(const std::string& path);

// Proportional set size: own pages, and a fair part of shared ones.
absl::StatusOr<int64_t> TreePssBytes(int pid);

// The number that a file consists of, such as a cgroup's memory.current.
absl::StatusOr<int64_t> NumberInFile(const std::string& path);

// What all TCP sockets of the host hold, from /proc/net/sockstat.
absl::StatusOr<int64_t> TcpBytes();

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_PROCESS_USAGE_H_
