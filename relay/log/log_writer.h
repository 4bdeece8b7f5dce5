#ifndef SLUICE_RELAY_LOG_LOG_WRITER_H_
#define SLUICE_RELAY_LOG_LOG_WRITER_H_

// LogWriter: a thread that takes lines from a LogSource and writes them to a LogOutput. Whoever has
// lines never waits for it: where the output takes nothing, lines wait in the source, whose bound
// is where they are lost. A line that was cut in the middle is completed; where the file is another
// one by then, the line stands in it whole. At the end what is left gets a bounded time, and a
// thread that does not come back from Linux is left behind.

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "relay/log/log_output.h"

namespace sluice {

// Where lines come from.
class LogSource {
 public:
  virtual ~LogSource() = default;
  // Appends lines, each with its newline, until *text has `bytes_max` or there are no more.
  // The writer's thread.
  virtual void Take(size_t bytes_max, std::string* text) = 0;
  // Lines that Take has not taken yet. Any thread.
  virtual uint64_t Waiting() const = 0;
  // From now on nothing can be written, because of `error`; from now on it can again. Not of a slow
  // reader. The writer's thread.
  virtual void OnUnwritable(int error) = 0;
  virtual void OnWritable() = 0;
};

class LogWriter {
 public:
  // `reopen_path`: what Reopen opens; empty: nothing. `name`: of the thread, 15 bytes at most.
  static absl::StatusOr<std::unique_ptr<LogWriter>> Start(const std::string& name, LogOutput output,
                                                          const std::string& reopen_path,
                                                          std::shared_ptr<LogSource> source);
  ~LogWriter() { Close(); }

  // After a line was put into the source. Any thread; cheap while the writer is awake.
  void Wake();
  // Opens the path anew before the next line, for log rotation. Any thread.
  void Reopen();
  // Writes what is left, if it can be written in limits::kLogFarewell. Gives the number of lines
  // that were not. The owner's thread; later calls do nothing.
  uint64_t Close();

 private:
  class Desk;

  LogWriter(std::shared_ptr<Desk> desk, std::thread thread)
      : desk_(std::move(desk)), thread_(std::move(thread)) {}

  const std::shared_ptr<Desk> desk_;  // the thread has it too, should it be left behind
  std::thread thread_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LOG_LOG_WRITER_H_
