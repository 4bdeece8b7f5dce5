#ifndef SLUICE_CORE_SOCKADDR_H_
#define SLUICE_CORE_SOCKADDR_H_

// An Endpoint as the system calls want it, and back. IPv4 is AF_INET, never an IPv4-mapped
// AF_INET6. Any thread.

#include <sys/socket.h>

#include "core/address.h"

namespace sluice {

// How many bytes of `out` are meant.
socklen_t ToSockaddr(const Endpoint& endpoint, sockaddr_storage* out);

// `from` is AF_INET or AF_INET6.
Endpoint FromSockaddr(const sockaddr_storage& from);

}  // namespace sluice

#endif  // SLUICE_CORE_SOCKADDR_H_
