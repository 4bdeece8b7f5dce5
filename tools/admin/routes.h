#ifndef SLUICE_TOOLS_ADMIN_ROUTES_H_
#define SLUICE_TOOLS_ADMIN_ROUTES_H_

// All resources of the door on one page: path, verb, who may, what the query may say, and what the
// body is. docs/ADMIN.md has the same, and a test compares the two.

#include <vector>

#include "tools/admin/administered.h"
#include "tools/admin/router.h"

namespace sluice {

// `gateway` outlives them.
std::vector<Route> RoutesTo(Administered& gateway);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_ROUTES_H_
