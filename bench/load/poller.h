#ifndef SLUICE_BENCH_LOAD_POLLER_H_
#define SLUICE_BENCH_LOAD_POLLER_H_

// Poller: one thread's epoll. Whoever is registered is called when its descriptor is ready, and may
// close that descriptor (its own, no other) from within. Owns no descriptor but its own. One
// thread.

#include <sys/epoll.h>

#include <array>
#include <cstdint>

namespace sluice::load {

class Poller {
 public:
  class Ready {
   public:
    virtual void OnReady(uint32_t events) = 0;

   protected:
    ~Ready() = default;
  };

  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // False, with errno, where the kernel has no room for it. Closing the descriptor removes it.
  [[nodiscard]] bool Add(int fd, uint32_t events, Ready& ready);
  // Also tells again what an edge has told before.
  void Change(int fd, uint32_t events, Ready& ready);

  // Waits at most `wait_ns` for something to be ready, and calls.
  void Turn(int64_t wait_ns);

 private:
  int epoll_fd_;
  std::array<epoll_event, 256> events_;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_POLLER_H_
