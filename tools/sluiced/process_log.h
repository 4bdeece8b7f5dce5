#ifndef SLUICE_TOOLS_SLUICED_PROCESS_LOG_H_
#define SLUICE_TOOLS_SLUICED_PROCESS_LOG_H_

// ProcessLog: where LOG goes while the daemon runs: to standard error, by a thread of its own.
// Whoever logs, a shard too, puts a line into a bounded queue and goes on, whatever becomes of
// standard error; lines that find it full are counted, and told once it is written again. glog
// alone would write under a lock that all threads share, so that one reader that has stopped stops
// everybody. A failed CHECK is written by the thread that fails, since no other is left to do it.
//
// A line is `2026-01-02T03:04:05.678Z I file.cc:7] text`, the time in UTC, the letter of INFO,
// WARNING, ERROR or FATAL.

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "glog/logging.h"
#include "relay/log/log_writer.h"

namespace sluice {

class ProcessLog : private google::LogSink {
 public:
  // Main thread, once InitGoogleLogging was called and the daemon's signals are blocked.
  static absl::StatusOr<std::unique_ptr<ProcessLog>> Start();
  // Writes what waits, within a bounded time.
  ~ProcessLog() override;

  // A line as it is, without time and place.
  void Say(std::string_view line);
  // Since the start.
  uint64_t lines_lost() const;

 private:
  class Queue;

  ProcessLog() = default;
  void send(google::LogSeverity severity, const char* path, const char* file, int line,
            const google::LogMessageTime& time, const char* message, size_t size) override;
  using google::LogSink::send;

  std::shared_ptr<Queue> queue_;
  std::unique_ptr<LogWriter> writer_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_PROCESS_LOG_H_
