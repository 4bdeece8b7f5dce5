#include "tools/admin/callers.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"

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

Role RoleOf(const std::vector<gid_t>& groups) {
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

}  // namespace

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
    caller.role = RoleOf(GroupsOf(*found, peer));
  } else {
    caller.role = RoleOf({peer.gid});
  }
  return caller;
}

}  // namespace sluice
