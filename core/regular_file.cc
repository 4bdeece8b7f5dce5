#include "core/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr size_t kPieceBytes = 1u << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

const char* KindOf(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return "a folder";
    case S_IFIFO: return "a FIFO";
    case S_IFSOCK: return "a socket";
    case S_IFCHR:
    case S_IFBLK: return "a device";
    default: return "something else";
  }
}

absl::Status Unreadable(const std::string& path, int error) {
  return absl::NotFoundError(
      absl::StrCat(path, ": expected a readable file, found: ", strerrordesc_np(error),
                   "; check the path and its permissions"));
}

// Opens without waiting for a writer, as a FIFO would have it, and then looks what it is: looking
// first would be of something that may be gone when it is opened.
absl::Status Open(const std::string& path, int fd, struct stat* found) {
  if (fd < 0 || fstat(fd, found) != 0) {
    const int error = errno;
    // A socket cannot be opened, and the error would not say so.
    if (error != ENXIO || stat(path.c_str(), found) != 0) return Unreadable(path, error);
  }
  if (S_ISREG(found->st_mode)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(path, ": expected a regular file, found ",
                                                 KindOf(found->st_mode),
                                                 "; name a file that can be read to its end"));
}

int OpenWithoutWaiting(const std::string& path) {
  return open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

}  // namespace

absl::Status CheckRegularFile(const std::string& path) {
  const Descriptor file(OpenWithoutWaiting(path));
  struct stat found;
  return Open(path, file.fd(), &found);
}

absl::StatusOr<std::string> ReadRegularFile(const std::string& path, size_t bytes_max) {
  const Descriptor file(OpenWithoutWaiting(path));
  struct stat found;
  if (absl::Status status = Open(path, file.fd(), &found); !status.ok()) return status;
  std::string text;
  // One more than may be, so that too much is seen; and one more than there is said to be, so that
  // the end is. Files of /proc say that they are empty.
  text.reserve(std::min(static_cast<size_t>(found.st_size), bytes_max) + 1);
  while (text.size() <= bytes_max) {
    const size_t before = text.size();
    const size_t piece = std::min(std::max(text.capacity() - before, size_t{4096}), kPieceBytes);
    text.resize(before + std::min(piece, bytes_max + 1 - before));
    const ssize_t got = read(file.fd(), text.data() + before, text.size() - before);
    const int error = errno;
    text.resize(before + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return text;
    if (got < 0 && error != EINTR) return Unreadable(path, error);
  }
  return absl::InvalidArgumentError(absl::StrCat(path, ": expected at most ", bytes_max >> 20,
                                                 " MB, found more; split the file"));
}

}  // namespace sluice
