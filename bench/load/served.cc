#include "bench/load/served.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "bench/load/backend.h"
#include "bench/load/stream_io.h"

namespace sluice::load {
namespace {

constexpr size_t kEchoBytes = 64 * 1024;

bool IsOver(ssize_t result) {
  return result == 0 || (result < 0 && errno != EAGAIN && errno != EINTR);
}

}  // namespace

Served::~Served() { close(fd_); }

// An echo is edge-triggered because most of its answers find an empty socket again; streams always
// have more.
uint32_t Served::events() const {
  switch (service_) {
    case Service::kEcho: return EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    case Service::kSink: return EPOLLIN;
    case Service::kSource:
    case Service::kExchange: return EPOLLIN | EPOLLOUT;
  }
  return 0;
}

void Served::OnReady(uint32_t events) {
  bool alive = true;
  if (service_ == Service::kEcho) {
    alive = Echo(events);
  } else {
    if ((events & ~EPOLLOUT) != 0) alive = Drain();
    if (alive && (events & EPOLLOUT) != 0) alive = Pour();
  }
  if (!alive) backend_.Remove(fd_);
}

bool Served::Echo(uint32_t events) {
  static thread_local char buffer[kEchoBytes];
  for (;;) {
    if (!rest_.empty()) {
      if (!SendRest()) return false;
      if (!rest_.empty()) return true;
    }
    const ssize_t got = recv(fd_, buffer, sizeof(buffer), 0);
    if (got <= 0) return !IsOver(got);
    const ssize_t sent = send(fd_, buffer, static_cast<size_t>(got), MSG_NOSIGNAL);
    if (sent < 0 && IsOver(sent)) return false;
    if (sent < got) {
      const ssize_t done = sent < 0 ? 0 : sent;
      rest_.assign(buffer + done, static_cast<size_t>(got - done));
    } else if (static_cast<size_t>(got) < sizeof(buffer) && (events & EPOLLRDHUP) == 0) {
      return true;  // empty: the next byte is a new edge. An end that was told already is not.
    }
  }
}

bool Served::SendRest() {
  const ssize_t sent = send(fd_, rest_.data(), rest_.size(), MSG_NOSIGNAL);
  if (sent > 0) rest_.erase(0, static_cast<size_t>(sent));
  return sent >= 0 || !IsOver(sent);
}

bool Served::Drain() {
  const ssize_t got = Discard(fd_, UINT64_MAX);
  if (got > 0 && service_ != Service::kSource) backend_.CountReceived(got);
  return !IsOver(got);
}

bool Served::Pour() { return !IsOver(backend_.source_.Send(fd_, UINT64_MAX)); }

}  // namespace sluice::load
