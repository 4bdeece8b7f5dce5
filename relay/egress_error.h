#ifndef SLUICE_RELAY_EGRESS_ERROR_H_
#define SLUICE_RELAY_EGRESS_ERROR_H_

// What an errno of a socket that was to leave by a rule's egress means. Negative ones mean nothing.

#include <cerrno>

namespace sluice {

// The address has no port left (EADDRNOTAVAIL of connect(2), EADDRINUSE of bind(2)) or is not this
// host's: another one may do.
constexpr bool NextAddressMayDo(int error) { return error == EADDRNOTAVAIL || error == EADDRINUSE; }

// The gateway or its configuration is at fault, not the target.
constexpr bool IsOfGateway(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EADDRNOTAVAIL:
    case EADDRINUSE:
    case ENODEV: return true;
    default: return false;
  }
}

}  // namespace sluice

#endif  // SLUICE_RELAY_EGRESS_ERROR_H_
