#ifndef SLUICE_TOOLS_ADMIN_ADMIN_DOOR_H_
#define SLUICE_TOOLS_ADMIN_ADMIN_DOOR_H_

// AdminDoor: the administrator's door, open. An HTTP server on a unix socket whose resources ask
// one gateway. Two threads of its own, never a shard's (http_server.h).

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tools/admin/administered.h"
#include "tools/admin/audit_witness.h"
#include "tools/admin/http_server.h"
#include "tools/admin/router.h"
#include "tools/admin/unix_door.h"

namespace sluice {

class AdminDoor {
 public:
  // `gateway` outlives the door. AlreadyExists where another process has one at `path`.
  static absl::StatusOr<std::unique_ptr<AdminDoor>> Open(const std::string& path,
                                                         Administered& gateway);
  // Returns when nobody is answered any more.
  ~AdminDoor();

  const std::string& path() const { return path_; }

 private:
  AdminDoor(const std::string& path, Administered& gateway);

  const std::string path_;
  UnixDoor place_;
  AuditWitness audit_;
  const Router router_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_ADMIN_DOOR_H_
