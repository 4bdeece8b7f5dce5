#include "tools/admin/recent_warnings.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "relay/log/calendar_time.h"

namespace sluice {

void RecentWarnings::send(google::LogSeverity severity, const char*, const char* file, int line,
                          const google::LogMessageTime&, const char* message, size_t size) {
  if (severity < google::GLOG_WARNING) return;
  std::string text = absl::StrCat(
      CalendarTime(absl::Now()), " ", std::string(1, google::LogSeverityNames[severity][0]), " ",
      file, ":", line, "] ", std::string(message, std::min(size, kLineBytes)), "\n");
  const std::lock_guard<std::mutex> lock(lock_);
  lines_.push_back(std::move(text));
  if (lines_.size() > kLines) lines_.pop_front();
}

std::string RecentWarnings::Text() const {
  const std::lock_guard<std::mutex> lock(lock_);
  std::string text;
  for (const std::string& line : lines_) text += line;
  return text;
}

}  // namespace sluice
