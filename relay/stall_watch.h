#ifndef SLUICE_RELAY_STALL_WATCH_H_
#define SLUICE_RELAY_STALL_WATCH_H_

// StallWatch: the pipes of a shard that wait for room at their sinks. Such a pipe does not receive,
// so nothing would tell it that its source was reset; who has waited for a while is resumed, to
// ask. Joining and leaving cost a few pointers, and nobody who gets room within the delay costs an
// operation. One thread; a shard owns it. A pipe waits for a buffer or for room, never for both, so
// it lends the same node to either line.

#include "core/buffer_waiters.h"
#include "core/limits.h"
#include "core/loop.h"
#include "core/timer_wheel.h"

namespace sluice {

class StallWatch {
 public:
  explicit StallWatch(Loop& loop) : loop_(loop) { timer_.Bind<&StallWatch::OnTimer>(this); }
  ~StallWatch() { loop_.timers().Cancel(timer_); }
  StallWatch(const StallWatch&) = delete;
  StallWatch& operator=(const StallWatch&) = delete;

  // Resumed once, unless it is unlinked before.
  void Add(BufferWaiter& pipe) {
    newcomers_.PushBack(pipe);
    if (!timer_.set()) loop_.timers().Set(timer_, loop_.now() + limits::kStallWatchDelay);
  }

 private:
  void OnTimer() {
    while (!waiting_.empty()) waiting_.PopFront().Resume();
    while (!newcomers_.empty()) waiting_.PushBack(newcomers_.PopFront());
    if (!waiting_.empty()) loop_.timers().Set(timer_, loop_.now() + limits::kStallWatchDelay);
  }

  Loop& loop_;
  Timer timer_;
  IntrusiveList<BufferWaiter> newcomers_;  // since the last tick
  IntrusiveList<BufferWaiter> waiting_;    // for a whole one
};

}  // namespace sluice

#endif  // SLUICE_RELAY_STALL_WATCH_H_
