#ifndef SLUICE_BENCH_LOAD_POLLER_H_
#define SLUICE_BENCH_LOAD_POLLER_H_

// Poller: one thread's epoll. Whoever is registered is called when its descriptor is ready, and may
// close that descriptor (its own, no other) from within. Owns no descriptor but its own. One
// thread.

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::load {

class Poller {
 public:
  class Ready {
   public:
    virtual void OnReady(uint32_t events) = 0;

   protected:
    ~Ready() = default;
  };

  // `calls_max`: of a turn.
  explicit Poller(size_t calls_max = 256);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // False, with errno, where the kernel has no room for it. Closing the descriptor removes it too.
  [[nodiscard]] bool Add(int fd, uint32_t events, Ready& ready);
  // Also tells again what an edge has told before.
  void Change(int fd, uint32_t events, Ready& ready);
  void Remove(int fd);

  // Waits at most `wait_ns` for something to be ready, and calls. Returns when the wait was over.
  int64_t Turn(int64_t wait_ns);

  // Readable while there is somebody to call.
  int fd() const { return epoll_fd_; }

 private:
  int epoll_fd_;
  std::vector<epoll_event> events_;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_POLLER_H_
