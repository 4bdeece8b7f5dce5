#ifndef SLUICE_RELAY_NOW_REFUSED_H_
#define SLUICE_RELAY_NOW_REFUSED_H_

// What the rules in force say of a session that others have let in: whoever ends sessions after a
// change, or wants to know what a change would end, asks here. Values only, any thread.

#include <optional>
#include <string_view>

#include "policy/decision.h"
#include "policy/snapshot.h"
#include "relay/session_order.h"

namespace sluice {

inline constexpr std::string_view kNowRefused = "the rules now refuse what it does";

// What the session does, as a question to the rules; nothing where it has not been let in yet
// (they will be asked), or has been turned away. The texts are those of `session`.
//   - A tunnel: its target, by the name and port that were asked for.
//   - A BIND that waits: the peer that it asked for. Who comes is asked about then.
//   - A UDP association: that it may be. What each datagram may is asked datagram by datagram.
std::optional<PolicyRequest> QuestionOf(const LiveSession& session);

// The decision that refuses it; nothing where it may stay. A client of SOCKS4 whose host was never
// asked for its user is not refused for that.
std::optional<Decision> NowRefusedBy(const Snapshot& snapshot, const LiveSession& session);

}  // namespace sluice

#endif  // SLUICE_RELAY_NOW_REFUSED_H_
