#ifndef SLUICE_TOOLS_ADMIN_CALLERS_H_
#define SLUICE_TOOLS_ADMIN_CALLERS_H_

// Who is at the other end of the unix socket, and what they may do: root and whoever runs the
// daemon are administrators, others what their groups say (sluice-admin, sluice-operator,
// sluice-viewer), asked of the system each time, since memberships change. May wait for a
// directory.

#include "tools/admin/http_message.h"

namespace sluice {

Caller CallerOf(const Peer& peer);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_CALLERS_H_
