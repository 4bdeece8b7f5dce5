#ifndef SLUICE_TOOLS_ADMIN_TCP_DOOR_H_
#define SLUICE_TOOLS_ADMIN_TCP_DOOR_H_

// The administrator's door on TCP: reading where it shall be, and the making of it. On loopback it
// speaks HTTP; elsewhere only with a certificate, and with one it speaks TLS everywhere.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/address.h"
#include "relay/own_ports.h"
#include "tools/admin/tls_identity.h"

namespace sluice {

struct TcpDoorOptions {
  std::string listen;  // addresses with ports, between commas; empty: no such door
  std::string certificate;
  std::string key;
};

// A socket that listens. Its port is the gateway's own for as long as this lives, so that no rule
// lets a client through to it that does not name it.
struct TcpPlace {
  int listening = -1;
  Endpoint at;
  OwnPort port;
};

struct TcpDoor {
  std::vector<TcpPlace> places;
  std::shared_ptr<const TlsIdentity> identity;  // null: plain HTTP
};

// Every error is one sentence for the operator, and leaves nothing open.
absl::StatusOr<TcpDoor> OpenTcpDoor(const TcpDoorOptions& options, OwnPorts& own_ports);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_TCP_DOOR_H_
