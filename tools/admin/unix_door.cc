#include "tools/admin/unix_door.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tools/admin/bounds.h"

namespace sluice {
namespace {

constexpr mode_t kSocketMode = 0660;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }
  int Release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

absl::Status Refusal(const std::string& path, std::string_view wanted, std::string_view found) {
  return absl::FailedPreconditionError(absl::StrCat(
      "--admin_socket=", path, ": expected ", std::string(wanted), ", found: ", std::string(found),
      "; name a path in another folder with --admin_socket=PATH, or none with --admin_socket="));
}

std::string ErrorText(int error) { return strerrordesc_np(error); }

absl::Status MakeFolder(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty() || std::filesystem::is_directory(folder)) return absl::OkStatus();
  const mode_t mode = geteuid() == 0 ? 0755 : 0700;
  if (mkdir(folder.c_str(), mode) == 0) {
    chmod(folder.c_str(), mode);  // whatever the mask was
    return absl::OkStatus();
  }
  if (errno == EEXIST) return absl::OkStatus();  // another daemon was quicker
  return Refusal(path, absl::StrCat("to make the folder ", folder), ErrorText(errno));
}

// Whether somebody listens there.
bool IsTaken(const sockaddr_un& at) {
  const Descriptor caller(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (connect(caller.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0) return true;
  return errno != ECONNREFUSED && errno != ENOENT;  // EAGAIN: it is busy
}

// Takes a socket out of the way that nobody listens to. Nothing else is ever removed.
absl::Status ClearWay(const std::string& path, const sockaddr_un& at) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0)
    return errno == ENOENT ? absl::OkStatus()
                           : Refusal(path, "to look at the path", ErrorText(errno));
  if (!S_ISSOCK(found.st_mode)) return Refusal(path, "a socket or nothing", "another kind of file");
  if (IsTaken(at)) {
    return absl::AlreadyExistsError(absl::StrCat(
        "--admin_socket=", path,
        ": expected nobody there, found another process that listens, perhaps a sluiced that was "
        "started before; name another path with --admin_socket=PATH, or none with "
        "--admin_socket="));
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT)
    return Refusal(path, "to remove the socket that was left there", ErrorText(errno));
  return absl::OkStatus();
}

// Two daemons that start at once take turns: else one could remove the other's new socket. Whoever
// may read the folder may hold the turn, so nobody waits long for it.
Descriptor TakeTurn(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  Descriptor turn(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int tries = 0; tries < 20 && flock(turn.fd(), LOCK_EX | LOCK_NB) != 0; ++tries)
    absl::SleepFor(absl::Milliseconds(100));
  return turn;
}

// Members of the three groups reach the socket by one of them, where root runs the daemon.
void GiveToGroup(const std::string& path) {
  if (geteuid() != 0) return;
  char buffer[16 * 1024];
  group entry{};
  group* found = nullptr;
  if (getgrnam_r("sluice-admin", &entry, buffer, sizeof(buffer), &found) == 0 && found != nullptr)
    (void)!chown(path.c_str(), static_cast<uid_t>(-1), found->gr_gid);
}

}  // namespace

std::string DefaultAdminSocket() {
  std::error_code error;
  if (geteuid() == 0) {
    return std::filesystem::is_directory("/run", error) ? "/run/sluice/admin.sock" : "";
  }
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime == nullptr || !std::filesystem::is_directory(runtime, error)) return "";
  return absl::StrCat(runtime, "/sluice/admin.sock");
}

absl::StatusOr<UnixDoor> OpenUnixDoor(const std::string& path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (path.size() >= sizeof(at.sun_path)) {
    return Refusal(path, absl::StrCat("a path of at most ", sizeof(at.sun_path) - 1, " bytes"),
                   absl::StrCat(path.size(), " bytes"));
  }
  std::memcpy(at.sun_path, path.data(), path.size());
  if (absl::Status status = MakeFolder(path); !status.ok()) return status;
  const Descriptor turn = TakeTurn(path);
  if (absl::Status status = ClearWay(path, at); !status.ok()) return status;

  Descriptor door(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (door.fd() < 0) return Refusal(path, "a unix socket", ErrorText(errno));
  // Its permissions stand before it is found: Linux takes them from the descriptor, less the mask.
  fchmod(door.fd(), kSocketMode);
  if (bind(door.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)) != 0)
    return Refusal(path, "to make the socket", ErrorText(errno));
  chmod(path.c_str(), kSocketMode);
  GiveToGroup(path);
  if (listen(door.fd(), admin_bounds::kBacklog) != 0)
    return Refusal(path, "to listen at the socket", ErrorText(errno));
  struct stat made {};
  lstat(path.c_str(), &made);
  return UnixDoor{door.Release(), made.st_dev, made.st_ino};
}

void RemoveUnixDoor(const std::string& path, const UnixDoor& door) {
  struct stat found {};
  if (lstat(path.c_str(), &found) == 0 && found.st_dev == door.device && found.st_ino == door.inode)
    unlink(path.c_str());
}

}  // namespace sluice
