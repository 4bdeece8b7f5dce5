#ifndef SLUICE_TOOLS_ADMIN_CALLERS_H_
#define SLUICE_TOOLS_ADMIN_CALLERS_H_

// Who asks, and what they may do.
//
// At the unix socket: root and whoever runs the daemon are administrators, others what their groups
// say (sluice-admin, sluice-operator, sluice-viewer), asked of the system each time, since
// memberships change. May wait for a directory.
//
// By TCP: whoever has signed in, by cookie, or has a token. A cookie comes along with whatever any
// page sends here, so a request by cookie must also be one of our own page's: it says so itself
// (Sec-Fetch-Site, Origin), and where it changes something it knows what only our page was told.

#include <string>
#include <variant>

#include "absl/time/time.h"
#include "tools/admin/entrance.h"
#include "tools/admin/http_message.h"

namespace sluice {

Caller CallerOf(const Peer& peer);

// Whoever asks, perhaps a stranger, or the refusal of a request that nobody of ours sends.
std::variant<Caller, HttpResponse> CallerOf(const HttpRequest& request, Entrance& entrance,
                                            absl::Time now);

// Whether a browser says that another's page sends this; nothing says so of programs.
bool IsOfAnotherPage(const HttpRequest& request);

// The cookie of a sign-in, by the door that it came through. Nobody but this very place may set
// the one of TLS.
std::string_view SignInCookie(DoorKind door);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_CALLERS_H_
