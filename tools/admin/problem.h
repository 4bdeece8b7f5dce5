#ifndef SLUICE_TOOLS_ADMIN_PROBLEM_H_
#define SLUICE_TOOLS_ADMIN_PROBLEM_H_

// Problem: an error as the door answers it, application/problem+json of RFC 9457. `detail` is one
// sentence that says what was expected, what was found and what to do. Values only.

#include <string>
#include <string_view>

#include "tools/admin/http_message.h"

namespace sluice {

// The reason phrase of RFC 9110, or "" for a status that the door does not use.
std::string_view TitleOf(int status);

HttpResponse Problem(int status, std::string_view detail);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_PROBLEM_H_
