#ifndef SLUICE_RELAY_LOG_LOG_OUTPUT_H_
#define SLUICE_RELAY_LOG_LOG_OUTPUT_H_

// LogOutput: what a log's lines are written to. That may be a file on a full disk, a FIFO that
// nobody reads or whose reader has stopped, a pipe whose other end is closed, a terminal that was
// told to stop. None of them is waited for: writing says that nothing was taken, and why. (A disk
// that hangs cannot be asked not to; its writer is left behind, see log_writer.h.) One thread.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice {

class LogOutput {
 public:
  // Appends to `path`, which is made where it is not there. A FIFO is opened when somebody reads
  // it. The status is what was found, for a sentence.
  static absl::StatusOr<LogOutput> Open(const std::string& path);
  // Standard output or error: shared with whoever else has it, so that its flags stay as they are.
  static LogOutput Standard(int fd);

  ~LogOutput() { Close(); }
  LogOutput(LogOutput&& other) noexcept { *this = std::move(other); }
  LogOutput& operator=(LogOutput&& other) noexcept;

  // How many bytes were taken, or the negative errno of why none were: -EAGAIN where a reader is
  // slow, -ENXIO where a FIFO has none, -ENOSPC, -EPIPE and so on.
  ssize_t Write(std::string_view text);
  // Until it may take more than it did, or for `wait`.
  void Await(absl::Duration wait) const;

  // Of a regular file; -1 of others.
  int64_t Size() const;
  bool IsSameFileAs(const LogOutput& other) const {
    return device_ == other.device_ && inode_ == other.inode_;
  }

 private:
  enum class Kind : uint8_t { kFile, kSocket, kShared };

  LogOutput() = default;
  // Of descriptor `fd_`, where there is one.
  void LookAtFile();
  void Close();

  int fd_ = -1;
  bool own_ = false;
  Kind kind_ = Kind::kFile;
  std::string unread_fifo_;  // not open yet
  ssize_t last_ = 0;         // what Write gave
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LOG_LOG_OUTPUT_H_
