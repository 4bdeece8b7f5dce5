#ifndef SLUICE_TOOLS_ADMIN_SHARD_CLOCKS_H_
#define SLUICE_TOOLS_ADMIN_SHARD_CLOCKS_H_

// ShardClocks: how busy each shard's thread is, as Linux counts its CPU time. The threads are
// found by their names, once; asking costs a system call for each. One thread.

#include <time.h>

#include <vector>

#include "absl/time/time.h"

namespace sluice {

class ShardClocks {
 public:
  // The share of the time since it was asked last (`passed`) that each shard has worked, in their
  // order; the first time since the thread began, and 1 at most.
  std::vector<double> Busy(absl::Duration passed);

 private:
  struct Clock {
    clockid_t clock;
    absl::Duration read;
  };
  void Find();

  bool found_ = false;
  std::vector<Clock> clocks_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_SHARD_CLOCKS_H_
