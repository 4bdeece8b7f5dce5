#ifndef SLUICE_RELAY_REPLY_CODE_H_
#define SLUICE_RELAY_REPLY_CODE_H_

// The REP that tells a client what an errno of connect(2) means (RFC 1928 section 6; where servers
// differ, what most clients expect).

#include <cerrno>

#include "proto/handshake.h"

namespace sluice {

constexpr Rep RepOfConnectError(int error) {
  switch (error) {
    case ECONNREFUSED:
    case ECONNRESET: return Rep::kConnectionRefused;
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:  // no local address of that family
    case ENODEV:         // no such interface
      return Rep::kNetworkUnreachable;
    case EHOSTUNREACH:
    case EHOSTDOWN: return Rep::kHostUnreachable;
    case ETIMEDOUT: return Rep::kTtlExpired;
    case EACCES:
    case EPERM:  // a firewall of this host
      return Rep::kNotAllowed;
    case EAFNOSUPPORT: return Rep::kAddressTypeNotSupported;
    default: return Rep::kGeneralFailure;
  }
}

}  // namespace sluice

#endif  // SLUICE_RELAY_REPLY_CODE_H_
