#include "tools/admin/session_answer.h"

#include <array>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "relay/close_reason.h"
#include "relay/log/calendar_time.h"
#include "relay/log/session_words.h"

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

// RFC 4180. What a spreadsheet would take for a formula gets a quote before it, since users and
// names come from clients.
std::string CsvCell(const Json& value) {
  if (value.is_null()) return "";
  if (!value.is_string()) return value.dump();
  const std::string clean =
      Json::parse(value.dump(-1, ' ', true, Json::error_handler_t::replace)).get<std::string>();
  const bool formula =
      !clean.empty() && std::string_view("=+-@\t\r").find(clean.front()) != std::string_view::npos;
  std::string cell = formula ? "\"'" : "\"";
  for (const char c : clean) {
    if (c == '"') cell.push_back('"');
    cell.push_back(c);
  }
  return cell + "\"";
}

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

std::string SessionCsvHead() {
  std::string line;
  for (const std::string_view column : kColumns)
    line.append(line.empty() ? "" : ",").append(column);
  return line + "\r\n";
}

std::string SessionCsvRow(const AccessRecord& record) {
  const Json json = SessionJson(record);
  std::string line;
  for (size_t i = 0; i < kColumns.size(); ++i) {
    const auto found = json.find(std::string(kColumns[i]));
    line.append(i == 0 ? "" : ",").append(found == json.end() ? "" : CsvCell(*found));
  }
  return line + "\r\n";
}

}  // namespace sluice
