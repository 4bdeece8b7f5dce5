// A tunnel:
//   1. Open: connect without waiting; registered with the poller once and for all.
//   2. OnConnected: writable. The first bytes of the handshake are sent; direct, it is open.
//   3. OnHandshakeBytes: the client's machine says what to send next, until it is open or refused.
//   4. OnFlow: the scenario's.

#include "bench/load/tunnel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "bench/load/sockets.h"
#include "glog/logging.h"

namespace sluice::load {

Tunnel::~Tunnel() { Close(); }

void Tunnel::Open() {
  CHECK(state_ == State::kClosed);
  fd_ = ConnectSocket(way_.route.first_hop);
  if (fd_ < 0) return Fail(Failure::kConnect, std::strerror(errno));
  state_ = State::kConnecting;
  if (!way_.poller.Add(fd_, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this)) {
    Fail(Failure::kConnect, std::strerror(errno));
  }
}

void Tunnel::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  state_ = State::kClosed;
}

void Tunnel::Fail(Failure kind, std::string_view why) {
  way_.failures.Add(kind, why);
  Close();
  OnFailed();
}

bool Tunnel::FailedForGood(ssize_t result) {
  if (result >= 0 || errno == EAGAIN || errno == EINTR) return false;
  Fail(Failure::kEnded, std::strerror(errno));
  return true;
}

void Tunnel::OnReady(uint32_t events) {
  switch (state_) {
    case State::kClosed: return;
    case State::kConnecting:
      if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
        int error = 0;
        socklen_t bytes = sizeof(error);
        getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &bytes);
        return Fail(Failure::kConnect, error != 0 ? std::strerror(error) : "hung up");
      }
      if ((events & EPOLLOUT) != 0) OnConnected();
      return;
    case State::kHandshake:
      // The end is told once: behind it, everything is read.
      do {
        OnHandshakeBytes();
      } while (state_ == State::kHandshake && (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
      return;
    case State::kOpen: OnFlow(events); return;
  }
}

void Tunnel::OnConnected() {
  if (!way_.route.socks) {
    state_ = State::kOpen;
    return OnOpen({});
  }
  state_ = State::kHandshake;
  socks_.emplace(*way_.route.socks);
  SendHandshake(socks_->FirstBytes());
}

// A handshake's few bytes always fit into an empty socket.
void Tunnel::SendHandshake(std::string_view bytes) {
  const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(bytes.size()))
    Fail(Failure::kEnded, "could not send the handshake");
}

void Tunnel::OnHandshakeBytes() {
  std::array<char, 512> buffer;
  const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
  if (got == 0) return Fail(Failure::kEnded, "closed during the handshake");
  if (FailedForGood(got) || got < 0) return;
  const std::string_view bytes(buffer.data(), static_cast<size_t>(got));
  const SocksClient::Answer answer = socks_->OnBytes(bytes);
  switch (answer.next) {
    case SocksClient::Next::kReceive: return;
    case SocksClient::Next::kSend: return SendHandshake(answer.to_send);
    case SocksClient::Next::kOpen:
      state_ = State::kOpen;
      return OnOpen(bytes.substr(answer.consumed));
    case SocksClient::Next::kRefused:
      return Fail(Failure::kRefused, absl::StrCat("reply code ", socks_->refusal()));
  }
}

}  // namespace sluice::load
