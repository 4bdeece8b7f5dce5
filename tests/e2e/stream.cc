#include "tests/e2e/stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/sockaddr.h"
#include "glog/logging.h"

namespace sluice {
namespace {

constexpr int kDeadlineMs = 120'000;  // for something that must happen

}  // namespace

Stream::Stream(int fd) : fd_(fd) {
  fcntl(fd_, F_SETFL, O_NONBLOCK);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

Stream::~Stream() {
  if (fd_ >= 0) close(fd_);
}

int Stream::ConnectTo(const Endpoint& to) { return ConnectFrom(Address(), to); }

int Stream::ConnectFrom(const Address& from, const Endpoint& to) {
  sockaddr_storage address;
  socklen_t size = ToSockaddr(Endpoint{from, 0}, &address);
  const sockaddr_storage source = address;
  const socklen_t source_size = size;
  size = ToSockaddr(to, &address);
  const int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!from.is_unspecified())
    PCHECK(bind(fd, reinterpret_cast<const sockaddr*>(&source), source_size) == 0)
        << from.ToString();
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0) return fd;
  close(fd);
  return -1;
}

Endpoint Stream::local() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  PCHECK(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return FromSockaddr(address);
}

bool Stream::Await(short events) {
  pollfd wait{fd_, events, 0};
  return poll(&wait, 1, kDeadlineMs) > 0;
}

// False where nothing is there yet.
bool Stream::ReadOnce() {
  if (end_ != End::kNone) return false;
  char bytes[64 * 1024];
  const ssize_t got = recv(fd_, bytes, sizeof(bytes), 0);
  if (got > 0) heard_.append(bytes, static_cast<size_t>(got));
  if (got == 0) end_ = End::kFin;
  if (got < 0 && errno == EAGAIN) return false;
  if (got < 0) end_ = End::kReset;
  return true;
}

bool Stream::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
      continue;
    }
    if (errno != EAGAIN) return false;
    if (!Await(end_ == End::kNone ? POLLIN | POLLOUT : POLLOUT)) return false;
    ReadOnce();
  }
  return true;
}

bool Stream::ReadAtLeast(size_t size) {
  while (heard_.size() < size && end_ == End::kNone) {
    if (!ReadOnce() && !Await(POLLIN)) return false;
  }
  return true;
}

bool Stream::ReadToEnd() {
  while (end_ == End::kNone) {
    if (!ReadOnce() && !Await(POLLIN)) return false;
  }
  return true;
}

bool Stream::HasMore() {
  ReadOnce();
  return !heard_.empty() || end_ != End::kNone;
}

void Stream::ShutDownWrite() { shutdown(fd_, SHUT_WR); }

void Stream::Reset() {
  const linger hard{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  close(fd_);
  fd_ = -1;
  end_ = End::kReset;
}

}  // namespace sluice
