#include "bench/load/backend.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/load/clock.h"
#include "bench/load/sockets.h"

namespace sluice::load {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr int kPortsTried = 16;  // for one that is free of TCP and UDP

absl::Status CannotListen(const Endpoint& at) {
  return absl::UnavailableError(
      absl::StrCat("back end: cannot listen at ", at.ToString(), ": ", std::strerror(errno)));
}

}  // namespace

absl::Status Backend::Start(const Endpoint& at, bool trains) {
  for (size_t i = 0; i < doors_.size(); ++i) {
    Door& door = doors_[i];
    door.backend = this;
    door.service = static_cast<Service>(i);
    Endpoint wanted = at;
    if (at.port != 0) wanted.port = static_cast<uint16_t>(at.port + i);
    if (absl::Status status = Open(door, wanted, trains); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Backend::Open(Door& door, const Endpoint& at, bool trains) {
  for (int tries = at.port == 0 ? kPortsTried : 1; tries > 0; --tries) {
    door.fd = ListenSocket(at);
    if (door.fd < 0) return CannotListen(at);
    door.at = LocalEndpoint(door.fd);
    if (door.service != Service::kEcho) break;
    datagram_echo_.fd = DatagramSocketAt(door.at, trains);
    if (datagram_echo_.fd >= 0) break;
    const int error = errno;
    close(std::exchange(door.fd, -1));
    errno = error;
  }
  if (door.fd < 0 || !poller_.Add(door.fd, EPOLLIN, door)) return CannotListen(at);
  if (door.service == Service::kEcho && !poller_.Add(datagram_echo_.fd, EPOLLIN, datagram_echo_))
    return CannotListen(at);
  return absl::OkStatus();
}

Backend::~Backend() {
  for (const Door& door : doors_) {
    if (door.fd >= 0) close(door.fd);
  }
  if (datagram_echo_.fd >= 0) close(datagram_echo_.fd);
}

void Backend::Door::OnReady(uint32_t) { backend->Accept(*this); }

// An error is a sender's that is gone, told once.
void Backend::DatagramEcho::OnReady(uint32_t) {
  if (batch.Receive(fd) > 0) batch.Reflect(fd);
}

void Backend::Accept(const Door& door) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    const int fd = accept4(door.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (static_cast<size_t>(fd) >= served_.size()) served_.resize(static_cast<size_t>(fd) * 2);
    auto& slot = served_[static_cast<size_t>(fd)];
    slot = std::make_unique<Served>(*this, door.service, fd);
    const bool added = door.service == Service::kEcho ? poller_.Add(fd, slot->events(), *slot)
                                                      : streams_.Add(fd, slot->events(), *slot);
    if (!added) slot.reset();
  }
}

void Backend::Remove(int fd) { served_[static_cast<size_t>(fd)].reset(); }

absl::Status BackendThread::Start(const Endpoint& at, bool trains) {
  bell_.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell_.fd < 0 || !poller_.Add(bell_.fd, EPOLLIN, bell_))
    return absl::InternalError(std::strerror(errno));
  if (absl::Status status = backend_.Start(at, trains); !status.ok()) return status;
  thread_ = std::thread([this] {
    while (!stopping_.load()) poller_.Turn(kSecond);
  });
  return absl::OkStatus();
}

BackendThread::~BackendThread() {
  if (thread_.joinable()) {
    stopping_.store(true);
    const uint64_t one = 1;
    // An eventfd that is not full takes it always.
    [[maybe_unused]] const ssize_t written = write(bell_.fd, &one, sizeof(one));
    thread_.join();
  }
  if (bell_.fd >= 0) close(bell_.fd);
}

}  // namespace sluice::load
