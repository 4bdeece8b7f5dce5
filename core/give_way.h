#ifndef SLUICE_CORE_GIVE_WAY_H_
#define SLUICE_CORE_GIVE_WAY_H_

// GiveWay: what long work calls every few microseconds, so that on a thread that nobody waits for
// it lets others have the CPU. Anywhere else it costs a look at a variable of the thread. What its
// callers compute never depends on it, so pure code stays pure.
//
// Linux alone does not do it: decision 0019.

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace sluice {

namespace give_way {
inline constinit thread_local int64_t interval_ns = 0;  // 0: this thread keeps its CPU
void YieldWhereDue();
}  // namespace give_way

inline void GiveWay() {
  if (give_way::interval_ns != 0) [[unlikely]]
    give_way::YieldWhereDue();
}

// While there is one, GiveWay on its thread yields (sched_yield(2)) about every `interval`, which
// is not 0. So does making it: a thread that has just become SCHED_IDLE may still be owed the CPU
// time of what it was. Once `hurry` is true it keeps its CPU. At most one per thread.
class GivesWay {
 public:
  // `hurry` outlives it; any thread may set it.
  GivesWay(absl::Duration interval, const std::atomic<bool>& hurry);
  ~GivesWay() { give_way::interval_ns = 0; }
  GivesWay(const GivesWay&) = delete;
  GivesWay& operator=(const GivesWay&) = delete;

  // How often the calling thread has yielded so, in its whole life.
  static uint64_t yields();
};

}  // namespace sluice

#endif  // SLUICE_CORE_GIVE_WAY_H_
