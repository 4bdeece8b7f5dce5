#include "bench/load/poller.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "bench/load/clock.h"
#include "glog/logging.h"

namespace sluice::load {

Poller::Poller(size_t calls_max) : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), events_(calls_max) {
  PCHECK(epoll_fd_ >= 0)
      << "epoll_create1";  // made before any connection: only a broken host has no descriptor
}

Poller::~Poller() { close(epoll_fd_); }

bool Poller::Add(int fd, uint32_t events, Ready& ready) {
  epoll_event event{.events = events, .data = {.ptr = &ready}};
  return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::Change(int fd, uint32_t events, Ready& ready) {
  epoll_event event{.events = events, .data = {.ptr = &ready}};
  PCHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event) == 0) << "epoll_ctl of descriptor " << fd;
}

void Poller::Remove(int fd) {
  PCHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr) == 0) << "epoll_ctl of descriptor " << fd;
}

int64_t Poller::Turn(int64_t wait_ns) {
  wait_ns = std::max<int64_t>(wait_ns, 0);
  const timespec wait{.tv_sec = wait_ns / kSecond, .tv_nsec = wait_ns % kSecond};
  // Nanoseconds, because a request that is due is sent late by whatever the wait rounds up.
  const int count =
      epoll_pwait2(epoll_fd_, events_.data(), static_cast<int>(events_.size()), &wait, nullptr);
  if (count < 0) PCHECK(errno == EINTR) << "epoll_pwait2";
  const int64_t woke = NowNanos();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<size_t>(i)];
    static_cast<Ready*>(event.data.ptr)->OnReady(event.events);
  }
  return woke;
}

}  // namespace sluice::load
