#ifndef SLUICE_CORE_URING_LIMITED_RECEIVES_H_
#define SLUICE_CORE_URING_LIMITED_RECEIVES_H_

// A multishot receive that ends after so many bytes (Linux 6.17, io_uring/net.c:
// IORING_RECV_MSHOT_LIM). liburing has no call for it yet. Without a limit a multishot receive
// could only be told to stop after it has taken what was there: no back-pressure. Any thread.

#include <liburing.h>

namespace sluice {

// Waits first; into buffers of `group`. At most `bytes_max` in all.
void PrepareLimitedReceives(io_uring_sqe* entry, int fd, unsigned bytes_max, uint16_t group);

// Whether this kernel can, found out once by asking it. False also where a ring or a socket cannot
// be had.
bool CanLimitMultishotReceives();

}  // namespace sluice

#endif  // SLUICE_CORE_URING_LIMITED_RECEIVES_H_
