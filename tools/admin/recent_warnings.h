#ifndef SLUICE_TOOLS_ADMIN_RECENT_WARNINGS_H_
#define SLUICE_TOOLS_ADMIN_RECENT_WARNINGS_H_

// RecentWarnings: the last lines of the gateway's log that were warnings or worse, for whoever asks
// for help. Bounded. Any thread.

#include <deque>
#include <mutex>
#include <string>

#include "glog/logging.h"

namespace sluice {

class RecentWarnings : private google::LogSink {
 public:
  static constexpr size_t kLines = 200;
  static constexpr size_t kLineBytes = 2000;

  RecentWarnings() { google::AddLogSink(this); }
  ~RecentWarnings() override { google::RemoveLogSink(this); }
  RecentWarnings(const RecentWarnings&) = delete;
  RecentWarnings& operator=(const RecentWarnings&) = delete;

  // Oldest first, each with its newline.
  std::string Text() const;

 private:
  void send(google::LogSeverity severity, const char* path, const char* file, int line,
            const google::LogMessageTime& time, const char* message, size_t size) override;
  using google::LogSink::send;

  mutable std::mutex lock_;
  std::deque<std::string> lines_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_RECENT_WARNINGS_H_
