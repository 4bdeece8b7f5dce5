#include "tools/admin/store/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr mode_t kFolderMode = 0700;

absl::Status Refusal(const std::string& path, std::string_view wanted, std::string_view found) {
  return absl::FailedPreconditionError(absl::StrCat(
      "--state_folder=", path, ": expected ", std::string(wanted), ", found: ", std::string(found),
      "; name another folder with --state_folder=PATH, or none with --state_folder="));
}

std::string ErrorText(int error) { return strerrordesc_np(error); }

}  // namespace

std::string DefaultStateFolder() {
  // systemd's, of StateDirectory=; the first one of several.
  if (const char* given = std::getenv("STATE_DIRECTORY"); given != nullptr && *given == '/')
    return std::string(given, strcspn(given, ":"));
  if (geteuid() == 0) return "/var/lib/sluice";
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
    return absl::StrCat(state, "/sluice");
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return absl::StrCat(home, "/.local/state/sluice");
  return "";
}

absl::StatusOr<std::unique_ptr<StateFolder>> StateFolder::Open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (mkdir(path.c_str(), kFolderMode) != 0 && errno != EEXIST)
    return Refusal(path, "to make the folder", ErrorText(errno));
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Refusal(path, "a folder that can be opened", ErrorText(errno));
  std::unique_ptr<StateFolder> folder(new StateFolder(path, fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Refusal(path, "to lock the folder", ErrorText(errno));
    return absl::AlreadyExistsError(absl::StrCat(
        "--state_folder=", path,
        ": expected a folder that nobody else uses, found another process that does, perhaps a "
        "sluiced that was started before; name another one with --state_folder=PATH, or none with "
        "--state_folder="));
  }
  if (access(path.c_str(), W_OK | X_OK) != 0)
    return Refusal(path, "a folder that can be written", ErrorText(errno));
  return folder;
}

StateFolder::~StateFolder() { close(locked_); }

}  // namespace sluice
