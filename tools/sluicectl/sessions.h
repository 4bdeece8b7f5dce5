#ifndef SLUICE_TOOLS_SLUICECTL_SESSIONS_H_
#define SLUICE_TOOLS_SLUICECTL_SESSIONS_H_

// Open sessions: all that match, from page to page, and how they are shown.

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/sluicectl/door.h"

namespace sluice {

// {"sessions": […], "about": N}: those that match the filter, `most` at most; "next" is null unless
// there are more.
absl::StatusOr<Json> ListSessions(Door& door, const std::string& filter, size_t most);

// Asks for one, by name.
Question SessionQuestion(const std::string& method, const std::string& name);

// What the session asked for: "example.com:443", "[2001:db8::1]:53"; "" where nothing yet.
std::string DestinationOf(const Json& session);

// The fields of a session, in the order of the access log.
const std::vector<const char*>& SessionFields();

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_SESSIONS_H_
