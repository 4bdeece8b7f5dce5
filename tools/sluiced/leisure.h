#ifndef SLUICE_TOOLS_SLUICED_LEISURE_H_
#define SLUICE_TOOLS_SLUICED_LEISURE_H_

// Work that takes no CPU from the shards: on a thread of SCHED_IDLE (sched(7)), which runs where
// nobody else wants the CPU, gives it back at once to a shard that wakes, and within kLeisureYields
// to one that was interrupted: the work gives way (core/give_way.h) in what it calls, and wherever
// it allocates and frees (allocations.cc). A nice value alone would keep a woken shard waiting for
// milliseconds.

#include <atomic>
#include <functional>

#include "absl/time/time.h"

namespace sluice {

// How long work makes do with what CPU there is.
struct Leisure {
  absl::Duration hunger;    // afterwards it says that it wants more,
  absl::Duration patience;  // and after this, counted from the same moment, it takes it
};

// Returns when `work` is done. Where the CPUs are so busy that it is not after `hunger`,
// `cpu_wanted` is true until it is, so that nobody keeps a CPU with nothing to do on it. Where it
// is not after `patience`, it goes on with the caller's own policy and nice value, and gives way no
// more. Where this process could not take it back from SCHED_IDLE (it needs CAP_SYS_NICE, or
// RLIMIT_NICE), it has the caller's from the beginning. One such work at a time: others wait.
void RunAtLeisure(const Leisure& leisure, std::atomic<bool>& cpu_wanted,
                  const std::function<void()>& work);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_LEISURE_H_
