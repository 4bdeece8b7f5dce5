#ifndef SLUICE_TOOLS_ADMIN_ENTRANCE_H_
#define SLUICE_TOOLS_ADMIN_ENTRANCE_H_

// Entrance: what the administrator's door knows of itself, and nothing of the gateway behind it:
// where it can be found, and who has signed in. Each part may be used on any thread.

#include "tools/admin/accounts/sign_ins.h"
#include "tools/admin/doors.h"

namespace sluice {

struct Entrance {
  Doors doors;
  SignIns sign_ins;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_ENTRANCE_H_
