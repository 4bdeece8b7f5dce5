#ifndef SLUICE_CORE_LOOP_H_
#define SLUICE_CORE_LOOP_H_

// Loop: one thread's turn. Timers that are due, receives that waited for a buffer, then one call
// into the Kernel, which hands over what was asked, waits, and delivers what completed. It decides
// nothing; it only keeps the order.
// One thread: the one that calls Turn.

#include "absl/time/time.h"
#include "core/buffer_waiters.h"
#include "core/kernel.h"
#include "core/timer_wheel.h"

namespace sluice {

class Loop {
 public:
  explicit Loop(Kernel& kernel) : kernel_(kernel), timers_(kernel.Now()) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs one turn that waits no longer than `latest`. True where somebody called Kernel::Wake.
  bool Turn(absl::Time latest);

  Kernel& kernel() { return kernel_; }
  TimerWheel& timers() { return timers_; }
  BufferWaiters& buffer_waiters() { return buffer_waiters_; }
  absl::Time now() const { return kernel_.Now(); }

 private:
  Kernel& kernel_;
  TimerWheel timers_;
  BufferWaiters buffer_waiters_;
};

}  // namespace sluice

#endif  // SLUICE_CORE_LOOP_H_
