#include "tests/e2e/private_host.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr int kTargetsMax = 16;

std::string& HostsPath() {
  static auto* const kPath = new std::string;
  return *kPath;
}

bool WriteFile(const std::string& path, const std::string& text) {
  return static_cast<bool>(std::ofstream(path) << text << std::flush);
}

// Root of a user namespace is enough of a root for the rest.
bool BecomeRoot() {
  if (geteuid() == 0) return true;
  const uid_t user = geteuid();
  const gid_t group = getegid();
  return unshare(CLONE_NEWUSER) == 0 && WriteFile("/proc/self/setgroups", "deny") &&
         WriteFile("/proc/self/uid_map", absl::StrCat("0 ", user, " 1")) &&
         WriteFile("/proc/self/gid_map", absl::StrCat("0 ", group, " 1"));
}

absl::Status Run(const std::string& command) {
  if (std::system(command.c_str()) == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("failed: ", command));
}

}  // namespace

absl::Status PrivateHost::Enter() {
  if (!BecomeRoot() || unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) {
    return absl::InternalError(absl::StrCat("no namespaces of its own: ", strerrordesc_np(errno)));
  }
  char path[] = "/tmp/sluice-hosts-XXXXXX";
  const int fd = mkstemp(path);
  if (fd < 0) return absl::InternalError("no temporary file");
  close(fd);
  HostsPath() = path;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount(path, "/etc/hosts", nullptr, MS_BIND, nullptr) != 0) {
    return absl::InternalError(absl::StrCat("no hosts file of its own: ", strerrordesc_np(errno)));
  }
  // The mount keeps the file; nobody else needs its name.
  HostsPath() = "/etc/hosts";
  unlink(path);
  std::string script =
      "set -e; ip link set lo up; ip route add unreachable 198.18.1.0/24;"
      // Frames into the pair vanish at its other end, without anybody asking for a neighbour first.
      "ip link add void0 type veth peer name void1; ip link set void0 arp off; ip link set void0 "
      "up; ip link set void1 up;"
      "ip addr add 198.18.2.1/32 dev void0; ip route add 198.18.2.0/24 dev void0;";
  for (int i = 1; i <= kTargetsMax; ++i)
    absl::StrAppend(&script, "ip addr add fd00:10::", absl::Hex(i), "/128 dev lo nodad;");
  return Run(script);
}

void PrivateHost::SetNames(const std::vector<std::pair<std::string, std::vector<Address>>>& names) {
  std::string text;
  for (const auto& [name, addresses] : names) {
    for (const Address& address : addresses)
      absl::StrAppend(&text, address.ToString(), " ", name, "\n");
  }
  WriteFile(HostsPath(), text);
}

Address PrivateHost::Target4(int index) {
  return Address::FromV4({127, 10, 0, static_cast<uint8_t>(index)});
}
Address PrivateHost::Target6(int index) {
  return Address::FromV6(
      {0xfd, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, static_cast<uint8_t>(index)});
}
Address PrivateHost::UnreachableNetwork() { return Address::FromV4({203, 0, 113, 1}); }
Address PrivateHost::UnreachableHost() { return Address::FromV4({198, 18, 1, 1}); }
Address PrivateHost::Silent() { return Address::FromV4({198, 18, 2, 2}); }

}  // namespace sluice
