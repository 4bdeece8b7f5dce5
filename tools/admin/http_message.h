#ifndef SLUICE_TOOLS_ADMIN_HTTP_MESSAGE_H_
#define SLUICE_TOOLS_ADMIN_HTTP_MESSAGE_H_

// What a client of the administrator's door asks, and what it is answered. Values only, nothing of
// the library that speaks HTTP.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

class EventStream;

// How somebody has come in.
enum class DoorKind : uint8_t { kUnix, kTcp, kTls };

constexpr std::string_view ToString(DoorKind door) {
  switch (door) {
    case DoorKind::kUnix: return "unix";
    case DoorKind::kTcp: return "tcp";
    case DoorKind::kTls: return "tls";
  }
  return "?";
}

// Which thread of handlers a request waits for: what takes long holds up nobody who wants a look,
// and strangers who want to sign in hold up only each other.
enum class Lane : uint8_t { kQuick, kLong, kSignIn };
inline constexpr int kLanes = 3;

// The process at the other end of a unix socket, as the kernel knows it.
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
};

// What somebody may do; each may also do what those before it may. An auditor sees what was done,
// and nothing of the gateway as it is.
enum class Role : uint8_t { kStranger, kAuditor, kViewer, kOperator, kAdministrator };

constexpr std::string_view ToString(Role role) {
  switch (role) {
    case Role::kStranger: return "stranger";
    case Role::kAuditor: return "auditor";
    case Role::kViewer: return "viewer";
    case Role::kOperator: return "operator";
    case Role::kAdministrator: return "administrator";
  }
  return "?";
}

// Who asks.
struct Caller {
  std::string name;
  uid_t uid = 0;
  Role role = Role::kStranger;
  std::string door;
  bool reads_all_files = false;  // as root and the daemon's own user can without the door
  std::string from = {};         // the client's address; "uid 1000" on the unix socket
  std::string sign_in = {};      // which one (accounts/sign_ins.h); empty: none is needed
  std::string token = {};        // likewise of a token (accounts/accounts.h)
};

// A connection, as far as a request may want to know of it.
struct Arrival {
  DoorKind door = DoorKind::kUnix;
  Peer peer;           // of a unix socket
  std::string from;    // the client's address without its port; empty on a unix socket
  std::string toward;  // the gateway's own, which the client has connected to; likewise
  std::chrono::steady_clock::time_point connected_at;
};

// The fields are those that the door looks at; there are no others.
struct HttpRequest {
  std::string method;
  std::string target;  // as it came: path and query, not decoded
  std::string accept;
  std::string accept_encoding;
  std::string authorization;
  std::string content_type;
  std::string cookie;
  std::string csrf;  // Sluice-CSRF
  std::string host;
  std::string if_match;
  std::string if_none_match;
  std::string last_event_id;
  std::string origin;
  std::string sec_fetch_site;
  std::string body;
  Arrival arrival;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;  // besides those that the server sets
  std::string body;
  // Set: the answer goes on with what this gives, for as long as both ends like; `body` is empty.
  std::shared_ptr<EventStream> stream = nullptr;
  std::string note = {};  // one sentence for the audit
  bool last = false;      // of its connection: who asks again does so over another one
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_HTTP_MESSAGE_H_
