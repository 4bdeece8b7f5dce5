#ifndef SLUICE_RELAY_LOG_CALENDAR_TIME_H_
#define SLUICE_RELAY_LOG_CALENDAR_TIME_H_

// A moment as both logs write it: RFC 3339 in UTC, with milliseconds. Any thread.

#include <string>

#include "absl/time/time.h"

namespace sluice {

// 2026-01-02T03:04:05.678Z
std::string CalendarTime(absl::Time time);

}  // namespace sluice

#endif  // SLUICE_RELAY_LOG_CALENDAR_TIME_H_
