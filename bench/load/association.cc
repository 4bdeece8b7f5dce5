// An association:
//   1. OnOpen: the reply has told where datagrams go (BND.ADDR); a socket is connected there.
//   2. Ask: datagrams go out under numbers of the window.
//   3. OnDatagrams: those that are back are checked, and the owner says whether others follow.
//   4. ResendLost: what did not come back in time goes out anew.

#include "bench/load/association.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bench/load/clock.h"
#include "bench/load/sockets.h"

namespace sluice::load {

Association::Association(Way& way, DatagramTools& tools, Owner& owner, size_t places,
                         uint64_t number)
    : Tunnel(way), tools_(tools), owner_(owner), window_(places, number), ready_(*this) {}

Association::~Association() { CloseDatagrams(); }

void Association::OnOpen(std::string_view early) {
  if (!early.empty()) return Fail(Failure::kWrong, "bytes after the reply to UDP ASSOCIATE");
  std::optional<Endpoint> to = direct() ? first_hop() : bound();
  if (!to) return Fail(Failure::kRefused, "the reply has no address that datagrams could go to");
  // The server's own, as far as it knows (RFC 1928 says nothing of it).
  if (to->address.is_unspecified()) to->address = first_hop().address;
  datagram_fd_ = DatagramSocketTo(*to, tools_.trains);
  if (datagram_fd_ < 0 || !poller().Add(datagram_fd_, EPOLLIN, ready_))
    Fail(Failure::kConnect, std::strerror(errno));
}

void Association::OnFlow(uint32_t) {
  char byte;
  const ssize_t got = recv(fd(), &byte, 1, 0);
  if (got == 0) return Fail(Failure::kEnded, "the control connection was closed");
  if (FailedForGood(got) || got < 0) return;
  Fail(Failure::kWrong, "bytes after the reply to UDP ASSOCIATE");
}

void Association::OnFailed() {
  tools_.requests.Flush(datagram_fd_);  // others use it next
  CloseDatagrams();
  owner_.OnEnded(*this);
}

void Association::CloseDatagrams() {
  if (datagram_fd_ >= 0) close(datagram_fd_);
  datagram_fd_ = -1;
}

int64_t Association::Ask(int64_t allowed, int64_t now) {
  int64_t asked = 0;
  for (; datagram_fd_ >= 0 && asked < allowed && !window_.full(); ++asked) Send(window_.Take(now));
  tools_.requests.Flush(datagram_fd_);
  return asked;
}

bool Association::AskDue(int64_t since, int64_t now) {
  if (datagram_fd_ < 0 || window_.full()) return false;
  Send(window_.Take(since, now));
  tools_.requests.Flush(datagram_fd_);
  return true;
}

void Association::ResendLost(int64_t limit, int64_t now) {
  if (datagram_fd_ < 0) return;
  window_.Renew(limit, now, [this](uint64_t number) {
    ++lost_;
    Send(number);
  });
  tools_.requests.Flush(datagram_fd_);
}

void Association::Send(uint64_t number) {
  if (tools_.requests.full()) tools_.requests.Flush(datagram_fd_);
  tools_.requests.Add(number);
}

void Association::OnDatagrams() {
  if (datagram_fd_ < 0) return;
  const int count = tools_.answers.Receive(datagram_fd_);
  if (count < 0) {
    FailedForGood(count);
    return;
  }
  const int64_t now = NowNanos();
  for (int i = 0; i < count; ++i) {
    tools_.answers.ForEachDatagram(
        i, [this, now](std::string_view datagram) { OnDatagram(datagram, now); });
  }
  if (datagram_fd_ >= 0) tools_.requests.Flush(datagram_fd_);
}

void Association::OnDatagram(std::string_view datagram, int64_t now) {
  if (datagram_fd_ < 0) return;  // what came before it was wrong
  if (!direct()) {
    const size_t header_bytes = UdpHeaderBytes(datagram);
    if (header_bytes == 0) return Fail(Failure::kWrong, "a datagram without a header");
    datagram.remove_prefix(header_bytes);
  }
  const std::optional<uint64_t> number = tools_.requests.NumberOf(datagram);
  if (!number || !window_.Owns(*number)) return Fail(Failure::kWrong, "not what was sent");
  const std::optional<int64_t> since = window_.Answer(*number);
  if (!since) {
    ++late_;
  } else if (owner_.OnAnswered(*since, now)) {
    Send(window_.Take(now));
  }
}

}  // namespace sluice::load
