#ifndef SLUICE_BENCH_LOAD_LANE_H_
#define SLUICE_BENCH_LOAD_LANE_H_

// Lane: descriptors that always have more to do, such as bulk streams. In each turn of the poller
// one of them is called, each when it comes to it: however many there are, whatever else is ready
// waits for one of them at most. Level-triggered. One thread.

#include <cstdint>

#include "bench/load/poller.h"
#include "glog/logging.h"

namespace sluice::load {

class Lane final : Poller::Ready {
 public:
  // `poller` must outlive it.
  explicit Lane(Poller& poller) {
    PCHECK(poller.Add(each_.fd(), EPOLLIN, *this)) << "epoll_ctl";  // the first of all
  }

  // As Poller has them.
  [[nodiscard]] bool Add(int fd, uint32_t events, Poller::Ready& ready) {
    return each_.Add(fd, events, ready);
  }
  void Change(int fd, uint32_t events, Poller::Ready& ready) { each_.Change(fd, events, ready); }

 private:
  void OnReady(uint32_t) override { each_.Turn(0); }

  Poller each_{1};
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_LANE_H_
