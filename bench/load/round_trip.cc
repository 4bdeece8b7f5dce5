#include "bench/load/round_trip.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "glog/logging.h"

namespace sluice::load {

void RoundTripTunnel::Ask(int64_t since) {
  DCHECK(state() == State::kOpen && !asking_);
  asking_ = true;
  sent_ = got_ = 0;
  since_ = since;
  Send();
}

void RoundTripTunnel::OnOpen(std::string_view early) {
  if (!early.empty()) return Fail(Failure::kWrong, "bytes before any were sent");
  const int on = 1;
  setsockopt(fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void RoundTripTunnel::OnFlow(uint32_t events) {
  const bool over = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (!asking_) {
    if (over) Fail(Failure::kEnded, "closed between requests");
    return;
  }
  if (sent_ < request_.size() && !Send()) return;
  Receive(over);
}

void RoundTripTunnel::OnFailed() { owner_.OnLost(*this); }

bool RoundTripTunnel::Send() {
  while (sent_ < request_.size()) {
    const ssize_t sent = send(fd(), request_.data() + sent_, request_.size() - sent_, MSG_NOSIGNAL);
    if (FailedForGood(sent)) return false;
    if (sent < 0) return true;  // no room: the next edge says when
    sent_ += static_cast<size_t>(sent);
  }
  return true;
}

// Edge-triggered, so until nothing is left; a short receive says so without another call. An end
// that was told already is not told again: then to the end.
void RoundTripTunnel::Receive(bool to_the_end) {
  static thread_local char buffer[64 * 1024];
  while (asking_) {
    const size_t wanted = std::min(sizeof(buffer), request_.size() - got_);
    const ssize_t got = recv(fd(), buffer, wanted, 0);
    if (got == 0) return Fail(Failure::kEnded, "closed before the answer");
    if (FailedForGood(got) || got < 0) return;
    const auto bytes = static_cast<size_t>(got);
    if (std::memcmp(buffer, request_.data() + got_, bytes) != 0)
      return Fail(Failure::kWrong, "not what was sent");
    got_ += bytes;
    if (got_ == request_.size()) {
      asking_ = false;
      owner_.OnAnswered(*this);
      return;
    }
    if (bytes < wanted && !to_the_end) return;
  }
}

}  // namespace sluice::load
