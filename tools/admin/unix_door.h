#ifndef SLUICE_TOOLS_ADMIN_UNIX_DOOR_H_
#define SLUICE_TOOLS_ADMIN_UNIX_DOOR_H_

// The administrator's unix socket in the file system: where it is, and the making of it. Who may
// open it is what its permissions say; who may do what is callers.h.

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"

namespace sluice {

// Where the door is unless an operator says otherwise: /run/sluice/admin.sock for root,
// $XDG_RUNTIME_DIR/sluice/admin.sock for others, empty where there is no such folder.
std::string DefaultAdminSocket();

// A door that this process has made.
struct UnixDoor {
  int listening = -1;
  // Which file it is, so that another's is never taken for it.
  dev_t device = 0;
  ino_t inode = 0;
};

// A socket that listens at `path`, 0660, and the folder that it is in, which is made where it is
// missing: 0755 for root, 0700 for others. A socket that nobody listens to any more is replaced.
// AlreadyExists where somebody does; every error is one sentence for the operator.
absl::StatusOr<UnixDoor> OpenUnixDoor(const std::string& path);

// Takes it out of the file system, so that whoever comes hears that there is none. The descriptor
// is another's business.
void RemoveUnixDoor(const std::string& path, const UnixDoor& door);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_UNIX_DOOR_H_
