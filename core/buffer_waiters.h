#ifndef SLUICE_CORE_BUFFER_WAITERS_H_
#define SLUICE_CORE_BUFFER_WAITERS_H_

// BufferWaiters: receives that found the pool empty, resumed in the order in which they came, as
// many at a time as there are buffers. Trying again at once instead would spin on an empty pool
// (liburing issue 1275). One that finds the pool empty again keeps its place. One thread. A waiter
// is embedded by who waits, and leaves the line when it is destroyed.

#include <cstdint>

#include "core/intrusive_list.h"

namespace sluice {

class BufferWaiter : public ListNode {
 public:
  // Binds to a member function without parameters: waiter.Bind<&Pipe::Receive>(this).
  template <auto kMethod, typename Owner>
  void Bind(Owner* owner) {
    owner_ = owner;
    resume_ = [](void* o) { (static_cast<Owner*>(o)->*kMethod)(); };
  }
  void Resume() { resume_(owner_); }
  // It has what it waited for: the next time it joins the line as a newcomer.
  void Served() { place_ = 0; }

 private:
  friend class BufferWaiters;
  void* owner_ = nullptr;
  void (*resume_)(void*) = nullptr;
  uint64_t place_ = 0;  // in the order of coming; 0: has none
};

class BufferWaiters {
 public:
  void Wait(BufferWaiter& waiter) {
    if (waiter.place_ != 0) {
      // Those that were resumed in vain come back in their order, nearly always: the last place is
      // looked at first.
      again_.InsertInOrder(waiter,
                           [&](const BufferWaiter& other) { return other.place_ < waiter.place_; });
      return;
    }
    waiter.place_ = ++last_place_;
    line_.PushBack(waiter);
  }

  // Resumes at most `buffers` of those that wait now.
  void Serve(int buffers) {
    if (empty() || buffers <= 0) return;
    IntrusiveList<BufferWaiter> served;
    // Whoever has been resumed before came before all that have not.
    for (IntrusiveList<BufferWaiter>* list : {&again_, &line_}) {
      for (; buffers > 0 && !list->empty(); --buffers) served.PushBack(list->PopFront());
    }
    while (!served.empty()) served.PopFront().Resume();
  }

  bool empty() const { return again_.empty() && line_.empty(); }

 private:
  IntrusiveList<BufferWaiter> again_;  // resumed, and found the pool empty
  IntrusiveList<BufferWaiter> line_;   // not resumed yet
  uint64_t last_place_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_CORE_BUFFER_WAITERS_H_
