#include "tools/admin/callers.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/secret.h"
#include "tools/admin/problem.h"

namespace sluice {
namespace {

constexpr size_t kEntryBytesMax = 64 * 1024;  // of a user or a group; more is not read
constexpr int kGroupsMax = 65'536;            // Linux' NGROUPS_MAX

std::optional<gid_t> GroupNumber(const char* name) {
  std::vector<char> buffer(kEntryBytesMax);
  group entry{};
  group* found = nullptr;
  if (getgrnam_r(name, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return found->gr_gid;
}

// Those of the user, and the one that the process itself runs with.
std::vector<gid_t> GroupsOf(const passwd& user, const Peer& peer) {
  std::vector<gid_t> groups(64);
  int count = static_cast<int>(groups.size());
  if (getgrouplist(user.pw_name, user.pw_gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<size_t>(std::clamp(count, 1, kGroupsMax)));
    count = static_cast<int>(groups.size());
    if (getgrouplist(user.pw_name, user.pw_gid, groups.data(), &count) < 0) return {peer.gid};
  }
  groups.resize(static_cast<size_t>(count));
  groups.push_back(peer.gid);
  return groups;
}

Role RoleOfGroups(const std::vector<gid_t>& groups) {
  static constexpr std::array<std::pair<const char*, Role>, 3> kGroups = {
      {{"sluice-admin", Role::kAdministrator},
       {"sluice-operator", Role::kOperator},
       {"sluice-viewer", Role::kViewer}}};
  for (const auto& [name, role] : kGroups) {
    const std::optional<gid_t> number = GroupNumber(name);
    if (number.has_value() && std::find(groups.begin(), groups.end(), *number) != groups.end())
      return role;
  }
  return Role::kStranger;
}

// The value of a cookie; empty where there is none. Of two of a name a browser sends the more
// special first.
std::string CookieOf(std::string_view header, std::string_view name) {
  for (absl::string_view part : absl::StrSplit(std::string(header), ';')) {
    part = absl::StripLeadingAsciiWhitespace(part);
    const size_t equals = part.find('=');
    if (equals != absl::string_view::npos && part.substr(0, equals) == std::string(name))
      return std::string(part.substr(equals + 1));
  }
  return "";
}

bool ChangesSomething(const HttpRequest& request) {
  return request.method != "GET" && request.method != "HEAD";
}

std::variant<Caller, HttpResponse> BySignIn(const HttpRequest& request, const SignIn& sign_in,
                                            Caller caller) {
  if (IsOfAnotherPage(request)) {
    return Problem(403,
                   "expected a request of the console's own page, found one that a page of "
                   "elsewhere has sent; open the console itself");
  }
  if (ChangesSomething(request) && !EqualInConstantTime(request.csrf, sign_in.csrf)) {
    return Problem(403,
                   "expected the header Sluice-CSRF with what the sign-in was answered, found none "
                   "or another; load the page again, or use a token");
  }
  caller.name = sign_in.name;
  caller.role = sign_in.role;
  caller.reads_all_files = sign_in.reads_all_files;
  caller.sign_in = sign_in.id;
  return caller;
}

}  // namespace

std::string_view SignInCookie(DoorKind door) {
  return door == DoorKind::kTls ? "__Host-sluice-session" : "sluice-session";
}

bool IsOfAnotherPage(const HttpRequest& request) {
  if (!request.sec_fetch_site.empty() && request.sec_fetch_site != "same-origin" &&
      request.sec_fetch_site != "none")
    return true;
  if (request.origin.empty()) return false;
  const char* const scheme = request.arrival.door == DoorKind::kTls ? "https://" : "http://";
  return !absl::EqualsIgnoreCase(request.origin, absl::StrCat(scheme, request.host));
}

std::variant<Caller, HttpResponse> CallerOf(const HttpRequest& request, Entrance& entrance,
                                            absl::Time now) {
  const Arrival& arrival = request.arrival;
  if (arrival.door == DoorKind::kUnix) return CallerOf(arrival.peer);
  if (!entrance.doors.IsOurs(request)) {
    return Problem(421,
                   "expected a Host that is this gateway's: localhost, the address that was "
                   "connected to, or a name of its certificate; found another, open it by one of "
                   "these");
  }
  Caller stranger;
  stranger.name = "nobody";
  stranger.uid = static_cast<uid_t>(-1);
  stranger.door = ToString(arrival.door);
  stranger.from = arrival.from;
  constexpr std::string_view kBearer = "Bearer ";
  if (request.authorization.starts_with(kBearer)) {
    const std::optional<TokenRow> token = entrance.accounts.UseToken(
        std::string_view(request.authorization).substr(kBearer.size()), now);
    if (!token.has_value()) return stranger;
    stranger.name = token->name;
    stranger.role = RoleOf(token->role).value_or(Role::kStranger);
    stranger.token = token->id;
    return stranger;
  }
  const std::string cookie = CookieOf(request.cookie, SignInCookie(arrival.door));
  if (cookie.empty()) return stranger;
  const std::optional<SignIn> sign_in = entrance.sign_ins.Use(cookie, now);
  if (!sign_in.has_value()) return stranger;
  return BySignIn(request, *sign_in, std::move(stranger));
}

Caller CallerOf(const Peer& peer) {
  Caller caller{absl::StrCat("uid ", peer.uid), peer.uid, Role::kStranger, "unix", false};
  caller.from = caller.name;
  std::vector<char> buffer(kEntryBytesMax);
  passwd entry{};
  passwd* found = nullptr;
  const bool known =
      getpwuid_r(peer.uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  if (known) caller.name = found->pw_name;
  if (peer.uid == 0 || peer.uid == geteuid()) {
    caller.role = Role::kAdministrator;
    caller.reads_all_files = true;
  } else if (known) {
    caller.role = RoleOfGroups(GroupsOf(*found, peer));
  } else {
    caller.role = RoleOfGroups({peer.gid});
  }
  return caller;
}

}  // namespace sluice
