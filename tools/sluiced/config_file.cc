#include "tools/sluiced/config_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "core/regular_file.h"
#include "glog/logging.h"
#include "tools/admin/sha256.h"

namespace sluice {
namespace {

bool LooksTheSame(const struct stat& a, const struct stat& b) {
  const auto same = [](const timespec& x, const timespec& y) {
    return x.tv_sec == y.tv_sec && x.tv_nsec == y.tv_nsec;
  };
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         same(a.st_mtim, b.st_mtim) && same(a.st_ctim, b.st_ctim);
}

absl::Status Fault(const std::string& path, const char* what) {
  return absl::UnavailableError(absl::StrCat(path, ": expected to ", what,
                                             ", found: ", strerrordesc_np(errno),
                                             "; the file is as it was; let the daemon's user write "
                                             "in its folder"));
}

// Where the text really lies, behind links.
std::string RealPath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  return error ? path : real.string();
}

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

bool WriteAll(int fd, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t wrote = write(fd, text.data() + at, text.size() - at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    at += static_cast<size_t>(wrote);
  }
  return true;
}

// A file beside the other one, gone again unless it is kept.
class NewFile {
 public:
  explicit NewFile(const std::string& beside)
      : path_(absl::StrCat(FolderOf(beside), "/.",
                           std::filesystem::path(beside).filename().string(), ".new")) {}
  ~NewFile() {
    if (!kept_) unlink(path_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  const std::string& path() const { return path_; }
  void Keep() { kept_ = true; }

 private:
  const std::string path_;
  bool kept_ = false;
};

}  // namespace

absl::StatusOr<std::string> ConfigFile::Read() const {
  if (path_.empty()) return absl::NotFoundError("expected a file, found that there is none yet");
  return ReadRegularFile(path_, limits::kConfigBytesMax);
}

std::string ConfigFile::Sha256() const {
  const std::lock_guard<std::mutex> lock(lock_);
  struct stat found;
  if (path_.empty() || stat(path_.c_str(), &found) != 0) return "";
  if (seen_.has_value() && LooksTheSame(*seen_, found)) return seen_sha256_;
  const absl::StatusOr<std::string> text = Read();
  seen_sha256_ = text.ok() ? Sha256Of(*text) : "";
  // A file that is written right now may look the same afterwards, within a tick of its clock.
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const bool settled = now.tv_sec > found.st_mtim.tv_sec + 1;
  seen_ = settled ? std::optional(found) : std::nullopt;
  return seen_sha256_;
}

absl::Status ConfigFile::Writable() const {
  if (path_.empty()) {
    return absl::UnavailableError(
        "expected a file to keep the configuration in, found none; start the daemon with --config, "
        "or with a --state_folder");
  }
  if (access(FolderOf(RealPath(path_)).c_str(), W_OK | X_OK) == 0) return absl::OkStatus();
  return Fault(path_, "write beside it");
}

absl::Status ConfigFile::Replace(const std::string& sha256, const std::string& text,
                                 Follow follow) const {
  if (path_.empty()) return Writable();
  const std::string real = RealPath(path_);
  NewFile fresh(real);
  follow(Step::kCreate);
  unlink(fresh.path().c_str());  // a crash may have left one
  struct stat old {};
  const bool is_first = sha256.empty();
  if (!is_first && stat(real.c_str(), &old) != 0) return Fault(path_, "find it");
  const Descriptor file(open(fresh.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) return Fault(path_, "write beside it");
  if (!is_first) {
    const bool other_owner = old.st_uid != geteuid() || old.st_gid != getegid();
    if (other_owner && fchown(file.get(), old.st_uid, old.st_gid) != 0)
      return Fault(path_, "keep its owner");
    if (fchmod(file.get(), old.st_mode & 07777) != 0) return Fault(path_, "keep its mode");
  }
  follow(Step::kWrite);
  if (!WriteAll(file.get(), text)) return Fault(path_, "write it");
  follow(Step::kSync);
  if (fsync(file.get()) != 0) return Fault(path_, "have it on the disk");
  follow(Step::kLook);
  if (Sha256() != sha256) {
    return absl::AbortedError(
        absl::StrCat(path_,
                     ": expected what is in force, found that it was edited by hand; nothing was "
                     "overwritten: look at it as a draft (\"from\": \"disk\"), or reload"));
  }
  follow(Step::kRename);
  // The first one takes no other's place, whoever was faster.
  const bool renamed = renameat2(AT_FDCWD, fresh.path().c_str(), AT_FDCWD, real.c_str(),
                                 is_first ? static_cast<unsigned>(RENAME_NOREPLACE) : 0u) == 0;
  if (!renamed) return Fault(path_, "give it its name");
  fresh.Keep();
  follow(Step::kSyncFolder);
  const Descriptor folder(open(FolderOf(real).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || fsync(folder.get()) != 0) {
    LOG(WARNING) << path_
                 << ": its folder is not known to be on the disk: " << strerrordesc_np(errno)
                 << "; should the power fail now, it may be as before";
  }
  follow(Step::kDone);
  return absl::OkStatus();
}

}  // namespace sluice
