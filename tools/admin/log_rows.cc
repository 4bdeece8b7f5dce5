#include "tools/admin/log_rows.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "relay/close_reason.h"
#include "relay/log/calendar_time.h"
#include "relay/log/session_words.h"
#include "tools/admin/bounds.h"
#include "tools/admin/problem.h"

namespace sluice {
namespace {

constexpr std::array<std::string_view, 25> kColumns = {
    "at",          "started",  "session",     "client", "user",   "auth",     "auth_failed",
    "version",     "command",  "destination", "port",   "target", "rule",     "verdict",
    "ended_by",    "state",    "why",         "error",  "reply",  "bytes_up", "bytes_down",
    "duration_ms", "revision", "weight",      "number"};

absl::Status ReadTime(const HttpTarget& target, std::string_view key, absl::Time* time) {
  const std::string text(target.Query(key));
  if (text.empty()) return absl::OkStatus();
  std::string ignored;
  if (absl::ParseTime(absl::RFC3339_full, text, time, &ignored)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("expected ", std::string(key),
                   "= a time such as 2026-12-24T18:00:00Z, found another; write it so"));
}

}  // namespace

absl::StatusOr<LogQuestion> ReadLogQuestion(const HttpTarget& target) {
  LogQuestion question;
  absl::StatusOr<SessionFilter> filter =
      SessionFilter::Parse(target.Query("filter"), SessionFilter::Of::kEnded);
  if (!filter.ok()) return filter.status();
  question.filter = *std::move(filter);
  absl::StatusOr<RowsFormat> format = ReadRowsFormat(target);
  if (!format.ok()) return format.status();
  question.format = *format;
  absl::Status status = ReadTime(target, "from", &question.range.from);
  if (status.ok()) status = ReadTime(target, "to", &question.range.to);
  if (!status.ok()) return status;
  return question;
}

std::optional<HttpResponse> FaultOfStore(Store& store) {
  if (store.state().durable) return std::nullopt;
  return Problem(503,
                 "expected a state folder, which keeps the log, found none; start sluiced with "
                 "--state_folder=PATH, or see its log for why there is none");
}

Json TimeJson(absl::Time time) {
  const bool known = time != absl::InfiniteFuture() && time != absl::InfinitePast();
  return known ? Json(CalendarTime(time)) : Json(nullptr);
}

Json RequestJson(const LoggedRequest& request) {
  const AccessRecord& record = request.record;
  Json json;
  json["number"] = request.number;
  json["at"] = CalendarTime(request.at);
  json["started"] = CalendarTime(record.started);
  json["session"] = SessionWord(record);
  json["client"] = record.client.ToString();
  if (!record.user.view().empty()) json["user"] = record.user.view();
  if (record.auth != SessionAuth::kUnknown) json["auth"] = ToString(record.auth);
  if (record.auth_verdict != AuthVerdict::kAccepted)
    json["auth_failed"] = ToString(record.auth_verdict);
  json["version"] = VersionWord(record.version);
  if (record.requested) {
    json["command"] = CommandWord(record.command);
    json["destination"] = DestinationWord(record);
    json["port"] = record.requested_address.port;
  }
  if (record.dialled) json["target"] = record.target.ToString();
  if (!record.rule.view().empty()) json["rule"] = record.rule.view();
  if (const std::string_view verdict = VerdictWord(record); !verdict.empty())
    json["verdict"] = verdict;
  json["ended_by"] = ToString(record.ended_by);
  json["state"] = ToString(record.state);
  std::string why(record.why);
  if (const std::string_view missing = record.missing.view(); !missing.empty())
    why.append(": ").append(missing);
  json["why"] = why;
  if (record.error != 0) json["error"] = std::generic_category().message(record.error);
  if (record.replied) json["reply"] = static_cast<int>(record.reply);
  json["bytes_up"] = record.bytes_up;
  json["bytes_down"] = record.bytes_down;
  json["duration_ms"] = absl::ToInt64Milliseconds(record.duration);
  json["revision"] = request.revision > 0 ? Json(request.revision) : Json(nullptr);
  json["weight"] = request.weight;
  return json;
}

Columns RequestColumns() { return kColumns; }

TimeBuckets::TimeBuckets(absl::Time first, absl::Time last) {
  static const std::array<absl::Duration, 12> kWidths = {
      absl::Seconds(1),    absl::Seconds(10),    absl::Minutes(1),      absl::Minutes(5),
      absl::Minutes(15),   absl::Hours(1),       absl::Hours(6),        absl::Hours(24),
      absl::Hours(7 * 24), absl::Hours(30 * 24), absl::Hours(365 * 24), absl::Hours(3650 * 24)};
  width_ = kWidths.back();
  for (const absl::Duration width : kWidths) {
    if ((last - first) / width + 2 > admin_bounds::kTimeBuckets) continue;
    width_ = width;
    break;
  }
}

absl::Time TimeBuckets::StartOf(absl::Time time) const {
  return absl::UnixEpoch() + absl::Floor(time - absl::UnixEpoch(), width_);
}

}  // namespace sluice
