#ifndef SLUICE_TOOLS_ADMIN_ENTRANCE_H_
#define SLUICE_TOOLS_ADMIN_ENTRANCE_H_

// Entrance: what the administrator's door knows of itself, and nothing of the gateway behind it:
// where it can be found, who may sign in and has, who listens and what there was to hear. Each part
// may be used on any thread.

#include "tools/admin/accounts/accounts.h"
#include "tools/admin/accounts/sign_ins.h"
#include "tools/admin/doors.h"
#include "tools/admin/events.h"
#include "tools/admin/history.h"

namespace sluice {

struct Entrance {
  // `store` outlives it.
  explicit Entrance(Store& store) : accounts(store, sign_ins) {}

  Doors doors;
  SignIns sign_ins;
  Accounts accounts;
  Events events;
  History history;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_ENTRANCE_H_
