#ifndef SLUICE_BENCH_LOAD_SOCKETS_H_
#define SLUICE_BENCH_LOAD_SOCKETS_H_

// Sockets by Endpoint, none of them blocking. Every function returns a descriptor that is the
// caller's, or -1 with errno.

#include "core/address.h"

namespace sluice::load {

// Usually -1 with EINPROGRESS is what a connect answers; here that is success: writable when it
// stands.
int ConnectSocket(const Endpoint& to);

// Port 0: the kernel's choice. Accepted sockets inherit TCP_NODELAY.
int ListenSocket(const Endpoint& at);

// UDP, with room for more datagrams than any window holds, so that none is lost here. `trains`:
// take datagrams of one sender that Linux has as one piece as such (UDP_GRO).
int DatagramSocketAt(const Endpoint& at, bool trains);
int DatagramSocketTo(const Endpoint& to, bool trains);

// A socket's own endpoint; all zero where there is none.
Endpoint LocalEndpoint(int fd);

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_SOCKETS_H_
