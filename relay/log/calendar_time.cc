#include "relay/log/calendar_time.h"

#include <ctime>

#include "absl/strings/str_format.h"

namespace sluice {

// What absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ") gives, without looking for a time zone.
std::string CalendarTime(absl::Time time) {
  const int64_t millis = absl::ToUnixMillis(time);
  const time_t seconds = absl::ToTimeT(time);
  tm parts;
  gmtime_r(&seconds, &parts);
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                         parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                         millis - seconds * 1000);
}

}  // namespace sluice
