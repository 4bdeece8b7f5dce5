#ifndef SLUICE_TOOLS_ADMIN_HTTP_MESSAGE_H_
#define SLUICE_TOOLS_ADMIN_HTTP_MESSAGE_H_

// What a client of the administrator's door asks, and what it is answered. Values only, nothing of
// the library that speaks HTTP.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

// The process at the other end of a unix socket, as the kernel knows it.
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
};

// What somebody may do; each may also do what those before it may.
enum class Role : uint8_t { kStranger, kViewer, kOperator, kAdministrator };

constexpr std::string_view ToString(Role role) {
  switch (role) {
    case Role::kStranger: return "stranger";
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
  std::string from = {};         // where they are: "uid 1000", or an address
};

struct HttpRequest {
  std::string method;
  std::string target;  // as it came: path and query, not decoded
  std::string accept;
  std::string content_type;
  std::string if_none_match;
  std::string body;
  Peer peer;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;  // besides those that the server sets
  std::string body;
  std::string note;  // one sentence for the audit
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_HTTP_MESSAGE_H_
