#ifndef SLUICE_CORE_BUFFER_WAITERS_H_
#define SLUICE_CORE_BUFFER_WAITERS_H_

// BufferWaiters: receives that found the pool empty, resumed in the order in which they came, as many at a time as there
// are buffers. Trying again at once instead would spin on an empty pool (liburing issue 1275).
// One thread. A waiter is embedded by who waits, and leaves the line when it is destroyed.

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

 private:
  void* owner_ = nullptr;
  void (*resume_)(void*) = nullptr;
};

class BufferWaiters {
 public:
  void Wait(BufferWaiter& waiter) { line_.PushBack(waiter); }

  // Resumes at most `buffers` of those that wait now; one that finds the pool empty again goes to the end of the line.
  void Serve(int buffers) {
    if (line_.empty() || buffers <= 0) return;
    IntrusiveList<BufferWaiter> served;
    while (buffers-- > 0 && !line_.empty()) served.PushBack(line_.PopFront());
    while (!served.empty()) served.PopFront().Resume();
  }

  bool empty() const { return line_.empty(); }

 private:
  IntrusiveList<BufferWaiter> line_;
};

}  // namespace sluice

#endif  // SLUICE_CORE_BUFFER_WAITERS_H_
