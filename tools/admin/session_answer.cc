#include "tools/admin/session_answer.h"

#include <array>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "relay/close_reason.h"
#include "relay/log/calendar_time.h"
#include "relay/log/session_words.h"
#include "tools/admin/rows.h"

namespace sluice {
namespace {

constexpr std::array<std::string_view, 20> kColumns = {"session",
                                                       "state",
                                                       "since",
                                                       "age_ms",
                                                       "client",
                                                       "version",
                                                       "user",
                                                       "auth",
                                                       "command",
                                                       "destination",
                                                       "port",
                                                       "target",
                                                       "egress",
                                                       "rule",
                                                       "bytes_up",
                                                       "bytes_down",
                                                       "datagrams_up",
                                                       "datagrams_down",
                                                       "datagrams_dropped",
                                                       "bound"};

std::string EgressWord(const Endpoint& egress) {
  if (egress.port != 0) return egress.ToString();
  return egress.address.is_unspecified() ? "" : egress.address.ToString();
}

}  // namespace

Json SessionJson(const AccessRecord& record) {
  Json json;
  json["session"] = SessionWord(record);
  json["state"] = ToString(record.state);
  json["since"] = CalendarTime(record.started);
  json["age_ms"] = absl::ToInt64Milliseconds(record.duration);
  json["client"] = record.client.ToString();
  json["version"] = VersionWord(record.version);
  if (!record.user.view().empty()) json["user"] = record.user.view();
  if (record.auth != SessionAuth::kUnknown) json["auth"] = ToString(record.auth);
  if (record.requested) {
    json["command"] = CommandWord(record.command);
    json["destination"] = DestinationWord(record);
    json["port"] = record.requested_address.port;
  }
  if (record.dialled) json["target"] = record.target.ToString();
  if (const std::string egress = EgressWord(record.egress); !egress.empty())
    json["egress"] = egress;
  if (!record.rule.view().empty()) json["rule"] = record.rule.view();
  json["bytes_up"] = record.bytes_up;
  json["bytes_down"] = record.bytes_down;
  if (record.bound.port != 0) {
    json["bound"] = record.bound.ToString();
    json["datagrams_up"] = record.datagrams_up;
    json["datagrams_down"] = record.datagrams_down;
    json["datagrams_dropped"] = record.datagrams_dropped;
  }
  return json;
}

std::string SessionCsvHead() { return CsvHead(kColumns); }

std::string SessionCsvRow(const AccessRecord& record) {
  return CsvRow(kColumns, SessionJson(record));
}

}  // namespace sluice
