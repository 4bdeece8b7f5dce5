#include "core/uring_limited_receives.h"

#include <sys/socket.h>
#include <unistd.h>

namespace sluice {
namespace {

// An older kernel has another meaning for the field with the limit, and refuses the entry at once.
// This one waits: nothing is said.
bool Accepts(io_uring& ring, int fd) {
  PrepareLimitedReceives(io_uring_get_sqe(&ring), fd, 1, 0);
  if (io_uring_submit(&ring) != 1) return false;
  io_uring_cqe* refusal = nullptr;
  return io_uring_peek_cqe(&ring, &refusal) == -EAGAIN;
}

bool Ask() {
  io_uring ring{};
  if (io_uring_queue_init(2, &ring, 0) < 0) return false;
  int ends[2];
  bool can = false;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
    can = Accepts(ring, ends[0]);
    close(ends[0]);
    close(ends[1]);
  }
  io_uring_queue_exit(&ring);
  return can;
}

}  // namespace

void PrepareLimitedReceives(io_uring_sqe* entry, int fd, unsigned bytes_max, uint16_t group) {
  // Linux ends it when the limit is reached, but does not shorten the receive that reaches it. So
  // each takes three quarters at most, and the limit is what then remains, and one.
  const unsigned bytes_each = bytes_max - bytes_max / 4;
  io_uring_prep_recv_multishot(entry, fd, nullptr, bytes_each, 0);
  io_uring_sqe_set_flags(entry, IOSQE_BUFFER_SELECT);
  entry->buf_group = group;
  entry->ioprio |= IORING_RECVSEND_POLL_FIRST;
  entry->optlen = bytes_max - bytes_each + 1;
}

bool CanLimitMultishotReceives() {
  static const bool can = Ask();
  return can;
}

}  // namespace sluice
