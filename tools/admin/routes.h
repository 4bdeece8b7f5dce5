#ifndef SLUICE_TOOLS_ADMIN_ROUTES_H_
#define SLUICE_TOOLS_ADMIN_ROUTES_H_

// All resources of the door on one page: path, verb, who may, what the query may say, and what the
// body is. docs/ADMIN.md and openapi.json have the same, and tests compare them.

#include <vector>

#include "tools/admin/administered.h"
#include "tools/admin/router.h"

namespace sluice {

// `gateway` outlives them.
std::vector<Route> RoutesTo(Administered& gateway);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_ROUTES_H_
