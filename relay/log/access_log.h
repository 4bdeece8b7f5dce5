#ifndef SLUICE_RELAY_LOG_ACCESS_LOG_H_
#define SLUICE_RELAY_LOG_ACCESS_LOG_H_

// AccessLog: one JSON line per session, written by a thread of its own. Each shard puts its records
// into a bounded ring that only it fills and only the writer empties; a full ring loses the record
// and says so, because a slow disk must not stop traffic.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "relay/log/access_record.h"

namespace sluice {

// The line for one record, with its newline. Everything from the network is escaped; bytes that are
// not UTF-8 are shown as U+FFFD.
std::string FormatAccessRecord(const AccessRecord& record);

class AccessLog {
 public:
  // `path`: a file to append to, or "-" for standard output.
  static absl::StatusOr<std::unique_ptr<AccessLog>> Open(const std::string& path, int shards);
  // Writes what is still in the rings.
  ~AccessLog();

  // The end of one shard; lives as long as the log.
  AccessSink& sink(int shard);
  // Opens the path anew before the next line, for log rotation. Any thread.
  void Reopen() {
    reopen_.store(true);
    Wake();
  }

 private:
  class Lane;

  AccessLog(const std::string& path, int fd, int shards);
  void Run();
  bool Drain();
  void WriteOut();
  void ReopenNow();
  void Wake();

  const std::string path_;
  int fd_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::string pending_;  // formatted, not written
  std::atomic<bool> reopen_ = false;
  std::atomic<bool> stop_ = false;
  std::atomic<uint32_t> asleep_ = 0;  // 1: the writer waits for it to change
  std::thread writer_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LOG_ACCESS_LOG_H_
