#ifndef SLUICE_TOOLS_ADMIN_ADMIN_DOOR_H_
#define SLUICE_TOOLS_ADMIN_ADMIN_DOOR_H_

// AdminDoor: the administrator's door, open. An HTTP server on a unix socket, on TCP, or on both,
// whose resources ask one gateway. Threads of its own, never a shard's (http_server.h).

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tools/admin/administered.h"
#include "tools/admin/audit_witness.h"
#include "tools/admin/http_server.h"
#include "tools/admin/pulse.h"
#include "tools/admin/router.h"
#include "tools/admin/tcp_door.h"
#include "tools/admin/unix_door.h"

namespace sluice {

class AdminDoor {
 public:
  // Where it is: sockets that listen, which the door closes.
  struct Places {
    std::string path;  // of the unix socket; empty: there is none
    UnixDoor unix_door;
    TcpDoor tcp;

    bool any() const { return !path.empty() || !tcp.places.empty(); }
  };

  // `gateway` outlives the door.
  static absl::StatusOr<std::unique_ptr<AdminDoor>> Open(Places places, Administered& gateway);
  // Returns when nobody is answered any more.
  ~AdminDoor();

  // Whoever connects by TLS from now on is shown this one.
  void Show(std::shared_ptr<const TlsIdentity> identity);

 private:
  AdminDoor(Places places, Administered& gateway);
  HttpResponse Answer(const HttpRequest& request) const;

  const Places places_;
  Administered& gateway_;
  AuditWitness audit_;
  const Router router_;
  Pulse pulse_;  // of the server's thread
  std::unique_ptr<HttpServer> server_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_ADMIN_DOOR_H_
