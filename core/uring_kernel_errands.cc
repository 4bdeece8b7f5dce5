// Sends and polls, which Linux alone would not carry out as kernel.h promises.
//
// Whatever io_uring waits for on a socket, POLLRDHUP ends the wait (IO_POLL_UNMASK in
// io_uring/poll.c). Where the peer has sent its FIN and does not read, a poll for room therefore
// completes at once, for ever; and a send that waits for room goes to a worker thread after some
// vain attempts, where it blocks all others that come there. So:
//   1. SendRest: sends what finds room now. Most sends end here.
//   2. AwaitEvents: a poll that completes once, for room or what else is waited for.
//   3. AwaitChange: where that told nothing but POLLRDHUP, a multishot poll, which completes when
//      something changes. When it is what is waited for, the poll is cancelled (OnEvents).
//   4. A send goes on with 1; a poll has its result.

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "core/uring_kernel.h"
#include "glog/logging.h"

namespace sluice {

static_assert(kPollIn == POLLIN && kPollOut == POLLOUT && kPollError == POLLERR &&
              kPollHangUp == POLLHUP && kPollPeerClosed == POLLRDHUP);

UringKernel::Errand& UringKernel::NewErrand(Op& op, int fd, uint32_t events) {
  CHECK(!op.in_flight()) << "an operation was started while it is in flight";
  Errand* errand = errands_.Take(op, fd, events);
  CHECK(errand != nullptr) << "more operations in flight than descriptors can be open";
  op.Start();
  op.set_place(errands_.HandleOf(errand).index + 1);
  return *errand;
}

void UringKernel::Send(Op& op, int fd, absl::Span<const iovec> parts) {
  CHECK(!parts.empty() && parts.size() <= size_t{kSendPartsMax}) << parts.size() << " parts";
  Errand& errand = NewErrand(op, fd, kPollOut);
  std::copy(parts.begin(), parts.end(), errand.parts.begin());
  errand.parts_end = static_cast<uint8_t>(parts.size());
  SendRest(errand);
}

void UringKernel::Poll(Op& op, int fd, uint32_t events) { AwaitEvents(NewErrand(op, fd, events)); }

// --- 1. Sending what finds room

void UringKernel::SendRest(Errand& errand) {
  constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
  io_uring_sqe* entry = NewEntry();
  iovec* first = errand.parts.data() + errand.parts_first;
  const int count = errand.parts_end - errand.parts_first;
  if (count == 1) {
    io_uring_prep_send(entry, errand.fd, first->iov_base, first->iov_len, kFlags);
  } else {
    errand.message = msghdr{};
    errand.message.msg_iov = first;
    errand.message.msg_iovlen = static_cast<size_t>(count);
    io_uring_prep_sendmsg(entry, errand.fd, &errand.message, kFlags);
  }
  io_uring_sqe_set_data64(entry, MarkOf(errand));
  errand.sending = true;
}

void UringKernel::OnSent(Errand& errand, int32_t result) {
  errand.sending = false;
  if (result >= 0) {
    errand.sent += result;
    auto left = static_cast<size_t>(result);
    while (errand.parts_first < errand.parts_end) {
      iovec& part = errand.parts[errand.parts_first];
      const size_t taken = std::min(left, part.iov_len);
      part.iov_base = static_cast<uint8_t*>(part.iov_base) + taken;
      part.iov_len -= taken;
      left -= taken;
      if (part.iov_len > 0) break;
      ++errand.parts_first;
    }
  }
  const bool failed = result < 0 && result != -EAGAIN;
  if (failed || errand.cancelled || errand.parts_first == errand.parts_end) {
    return Finish(errand, failed ? result : -ECANCELED);
  }
  AwaitEvents(errand);
}

// --- 2. Waiting for events

void UringKernel::AwaitEvents(Errand& errand) {
  io_uring_sqe* entry = NewEntry();
  io_uring_prep_poll_add(entry, errand.fd, errand.events);
  io_uring_sqe_set_data64(entry, MarkOf(errand));
}

// --- 3. Waiting for events to change

void UringKernel::AwaitChange(Errand& errand) {
  io_uring_sqe* entry = NewEntry();
  io_uring_prep_poll_multishot(entry, errand.fd, errand.events);
  io_uring_sqe_set_data64(entry, MarkOf(errand));
}

// Of either kind of poll.
void UringKernel::OnEvents(Errand& errand, int32_t result, bool more) {
  if (result > 0) {
    errand.ready |= static_cast<uint32_t>(result) & (errand.events | kPollError | kPollHangUp);
  }
  if (more) {
    if (errand.ready != 0 && !errand.ending) CancelEntries(MarkOf(errand));
    errand.ending = errand.ready != 0;
    return;
  }
  errand.ending = false;
  if (errand.ready == 0 && result >= 0 && !errand.cancelled) return AwaitChange(errand);
  if (errand.ready == 0 || errand.parts_end == 0 || errand.cancelled) {
    return Finish(errand, errand.ready == 0 && result < 0 ? result : -ECANCELED);
  }
  errand.ready = 0;
  SendRest(errand);
}

// --- 4. The result

// `otherwise`: the result where nothing was sent and nothing has come.
void UringKernel::Finish(Errand& errand, int32_t otherwise) {
  Completion completion;
  completion.result = otherwise;
  if (errand.sent > 0) completion.result = errand.sent;
  if (errand.parts_end == 0 && errand.ready != 0) {
    completion.result = static_cast<int32_t>(errand.ready);
  }
  Op& op = *errand.op;
  op.set_place(0);
  errands_.Give(&errand);
  op.Complete(completion);
}

}  // namespace sluice
