#ifndef SLUICE_RELAY_LOG_ACCESS_LOG_H_
#define SLUICE_RELAY_LOG_ACCESS_LOG_H_

// AccessLog: one JSON line per session, written by a thread of its own (log_writer.h). Each shard
// puts its records into a bounded ring that only it fills and only the writer empties; a full ring
// loses the record and says so, because a disk that is slow or full must not stop traffic.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "relay/log/access_record.h"
#include "relay/log/log_writer.h"
#include "relay/log/record_reader.h"

namespace sluice {

// The line for one record, with its newline. Everything from the network is escaped; bytes that are
// not UTF-8 are shown as U+FFFD.
std::string FormatAccessRecord(const AccessRecord& record);

class AccessLog {
 public:
  // `path`: a file to append to, or "-" for standard output. `reader`: also gets every record that
  // is written; may be null.
  static absl::StatusOr<std::unique_ptr<AccessLog>> Open(
      const std::string& path, int shards, std::shared_ptr<RecordReader> reader = nullptr);
  ~AccessLog();

  // The end of one shard; lives as long as the log.
  AccessSink& sink(int shard);
  // Opens the path anew before the next line, for log rotation. Any thread.
  void Reopen() { writer_->Reopen(); }
  // Writes to the process's log how many lines were lost since it last did, if any were, though not
  // more often than every ten seconds. Any thread.
  void TellLosses();
  // Writes what is still in the rings, within a bounded time. Gives the number of lines that could
  // not be written, and tells it. Once no shard runs.
  uint64_t Close();

 private:
  class Lane;
  class Lanes;

  AccessLog() = default;

  std::shared_ptr<Lanes> lanes_;
  std::unique_ptr<LogWriter> writer_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LOG_ACCESS_LOG_H_
