#include "relay/log/log_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr int kAppend = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

short Events(int fd, absl::Duration wait) {
  pollfd asked{fd, POLLOUT, 0};
  return poll(&asked, 1, static_cast<int>(absl::ToInt64Milliseconds(wait))) > 0 ? asked.revents : 0;
}

}  // namespace

absl::StatusOr<LogOutput> LogOutput::Open(const std::string& path) {
  LogOutput output;
  output.own_ = true;
  output.fd_ = open(path.c_str(), kAppend | O_CREAT, 0640);
  if (output.fd_ >= 0) {
    output.LookAtFile();
    return output;
  }
  const int error = errno;
  struct stat found;
  if (error != ENXIO || stat(path.c_str(), &found) != 0)
    return absl::UnavailableError(strerrordesc_np(error));
  if (!S_ISFIFO(found.st_mode))
    return absl::UnavailableError("a socket, or a device without a driver");
  output.unread_fifo_ = path;
  output.device_ = found.st_dev;
  output.inode_ = found.st_ino;
  return output;
}

LogOutput LogOutput::Standard(int fd) {
  LogOutput output;
  output.fd_ = fd;
  struct stat found;
  if (fstat(fd, &found) != 0) return output;
  if (S_ISSOCK(found.st_mode)) output.kind_ = Kind::kSocket;
  if (S_ISFIFO(found.st_mode) || S_ISCHR(found.st_mode)) {
    // The same pipe or terminal once more, with flags of our own. Linux allows that to whom it
    // belongs; for others there is a second best.
    output.fd_ = open(absl::StrCat("/proc/self/fd/", fd).c_str(), kAppend);
    output.own_ = output.fd_ >= 0;
    if (!output.own_) {
      output.fd_ = fd;
      output.kind_ = Kind::kShared;
    }
  }
  output.LookAtFile();
  return output;
}

LogOutput& LogOutput::operator=(LogOutput&& other) noexcept {
  if (this == &other) return *this;
  Close();
  fd_ = std::exchange(other.fd_, -1);
  own_ = std::exchange(other.own_, false);
  kind_ = other.kind_;
  unread_fifo_ = std::move(other.unread_fifo_);
  last_ = other.last_;
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

void LogOutput::Close() {
  if (own_ && fd_ >= 0) close(fd_);
  fd_ = -1;
}

void LogOutput::LookAtFile() {
  struct stat found;
  if (fstat(fd_, &found) != 0) return;
  device_ = found.st_dev;
  inode_ = found.st_ino;
}

ssize_t LogOutput::Write(std::string_view text) {
  if (fd_ < 0) fd_ = open(unread_fifo_.c_str(), kAppend);
  if (fd_ < 0) return last_ = -errno;
  ssize_t taken = -1;
  errno = EAGAIN;
  if (kind_ == Kind::kSocket) {
    taken = send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } else if (kind_ == Kind::kFile) {
    taken = write(fd_, text.data(), text.size());
  } else if (Events(fd_, absl::ZeroDuration()) != 0) {
    // A pipe that says so takes PIPE_BUF bytes at once, pipe(7), unless another writer is faster.
    taken = write(fd_, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
  }
  return last_ = taken < 0 ? -errno : taken;
}

void LogOutput::Await(absl::Duration wait) const {
  // Only a slow reader is waited for as such: a full disk would always say that it can be written.
  if (fd_ >= 0 && last_ == -EAGAIN) {
    Events(fd_, wait);
  } else {
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(wait));
  }
}

int64_t LogOutput::Size() const {
  struct stat found;
  if (fd_ < 0 || fstat(fd_, &found) != 0 || !S_ISREG(found.st_mode)) return -1;
  return found.st_size;
}

}  // namespace sluice
