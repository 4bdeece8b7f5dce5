// Sessions that have ended, and reports of them.

#include <algorithm>
#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tools/sluicectl/filter_words.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/sessions.h"
#include "tools/sluicectl/units.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

using Side = Column::Side;
using Keys = std::vector<std::pair<std::string, std::string>>;

constexpr size_t kPage = 1000;  // the largest that the door gives
constexpr size_t kUsual = 100;

const std::vector<const char*> kFields = {
    "at",          "started",  "session",     "client", "user",   "auth",     "auth_failed",
    "version",     "command",  "destination", "port",   "target", "rule",     "verdict",
    "ended_by",    "state",    "why",         "error",  "reply",  "bytes_up", "bytes_down",
    "duration_ms", "revision", "weight",      "number"};

// --from, --to and --last, as keys of the query.
absl::Status AddTimes(const Errand& errand, Keys* keys) {
  const std::string last = errand.arguments.Get("last");
  if (!last.empty()) {
    absl::Duration time;
    if (!absl::ParseDuration(last, &time) || time <= absl::ZeroDuration()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--last: expected a time such as 90s, 30m or 24h, found \"", SafeText(last), "\""));
    }
    keys->emplace_back(
        "from", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now() - time, absl::UTCTimeZone()));
  }
  for (const char* key : {"from", "to"}) {
    if (const std::string time = errand.arguments.Get(key); !time.empty())
      keys->emplace_back(key, time);
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> LimitOf(const Errand& errand, size_t usual) {
  size_t most = usual;
  const std::string limit = errand.arguments.Get("limit");
  if (limit.empty() || (absl::SimpleAtoi(limit, &most) && most > 0)) return most;
  return absl::InvalidArgumentError(absl::StrCat("--limit: expected a number above 0, found \"",
                                                 SafeText(limit), "\"; leave it away for ", usual));
}

Table LogTable(const Json& requests) {
  Table table({{"AT"},
               {"SESSION", Side::kLeft, true},
               {"CLIENT", Side::kLeft, false, 9},
               {"USER", Side::kLeft, false, 4},
               {"COMMAND", Side::kLeft, true},
               {"DESTINATION", Side::kLeft, false, 10},
               {"TARGET", Side::kLeft, true},
               {"RULE", Side::kLeft, false, 5},
               {"VERDICT"},
               {"ENDED BY"},
               {"STATE", Side::kLeft, false, 8},
               {"WHY", Side::kLeft, true},
               {"REPLY", Side::kLeft, true},
               {"TIME", Side::kRight},
               {"UP", Side::kRight},
               {"DOWN", Side::kRight},
               {"REVISION", Side::kRight, true}});
  for (const Json& one : requests) {
    table.Add({TextOf(one, "at"), TextOf(one, "session"), TextOf(one, "client"),
               TextOf(one, "user"), TextOf(one, "command"), DestinationOf(one),
               TextOf(one, "target"), TextOf(one, "rule"), TextOf(one, "verdict"),
               TextOf(one, "ended_by"), TextOf(one, "state"), TextOf(one, "why"),
               TextOf(one, "reply"), HumanTime(NumberOf(one, "duration_ms")),
               HumanBytes(NumberOf(one, "bytes_up")), HumanBytes(NumberOf(one, "bytes_down")),
               TextOf(one, "revision")});
  }
  return table;
}

// A page may be short, or empty, where the door looked through many that do not match.
absl::StatusOr<Json> ListLog(Door& door, const Keys& keys, size_t most) {
  Json all = {{"requests", Json::array()}, {"next", nullptr}, {"about", 0}};
  Json& requests = all["requests"];
  std::string cursor;
  while (requests.size() < most) {
    Question question{.path = "/api/v1/log", .keys = keys};
    question.keys.emplace_back("limit", absl::StrCat(std::min(kPage, most - requests.size())));
    if (!cursor.empty()) question.keys.emplace_back("cursor", cursor);
    absl::StatusOr<Json> page = AskJson(door, question);
    if (!page.ok()) return page.status();
    for (const Json& request : ListOf(*page, "requests")) requests.push_back(request);
    if (cursor.empty()) all["about"] = FieldOf(*page, "about");
    std::string next = TextOf(*page, "next");
    all["next"] = next.empty() ? Json() : Json(next);
    if (next.empty() || next == cursor) break;
    cursor = std::move(next);
    door.Doing(absl::StrCat(Counted(requests.size(), "request", "requests"), " found so far"));
  }
  return all;
}

// Of a report: the fields of its rows, and where their numbers stand.
struct ReportKind {
  const char* name;
  std::vector<const char*> fields;
};

const std::array<ReportKind, 5>& Reports() {
  static const std::array<ReportKind, 5> reports = {{
      {"top", {"name", "requests", "sessions", "bytes_up", "bytes_down", "denied"}},
      {"denied", {"client", "user", "destination", "port", "rule", "requests", "last"}},
      {"failures", {"ended_by", "state", "why", "reply", "requests", "last"}},
      {"traffic", {"at", "requests", "sessions", "bytes_up", "bytes_down", "denied"}},
      {"unused-rules", {"number", "rule", "hits", "last"}},
  }};
  return reports;
}

std::string Cell(const Json& row, const std::string& field) {
  if (field == "bytes_up" || field == "bytes_down") return HumanBytes(NumberOf(row, field.c_str()));
  return FieldOf(row, field.c_str()).is_null() ? "" : TextOf(row, field.c_str());
}

Table ReportTable(const ReportKind& report, const Json& rows) {
  static constexpr std::array<std::pair<const char*, const char*>, 17> kTitles = {
      {{"name", "NAME"},
       {"requests", "REQUESTS"},
       {"sessions", "SESSIONS"},
       {"bytes_up", "UP"},
       {"bytes_down", "DOWN"},
       {"denied", "DENIED"},
       {"client", "CLIENT"},
       {"user", "USER"},
       {"destination", "DESTINATION"},
       {"port", "PORT"},
       {"rule", "RULE"},
       {"last", "LAST"},
       {"ended_by", "ENDED BY"},
       {"state", "STATE"},
       {"why", "WHY"},
       {"reply", "REPLY"},
       {"at", "AT"}}};
  const auto title = [](const std::string& field) {
    for (const auto& [name, text] : kTitles) {
      if (field == name) return text;
    }
    return field == "number" ? "NUMBER" : "HITS";
  };
  std::vector<Column> columns;
  for (const char* field : report.fields) columns.push_back({title(field)});
  Table table(columns);
  for (const Json& row : rows) {
    std::vector<std::string> cells;
    for (const char* field : report.fields) cells.push_back(Cell(row, field));
    table.Add(std::move(cells));
  }
  return table;
}

absl::StatusOr<const ReportKind*> FindReport(const std::string& name) {
  for (const ReportKind& report : Reports()) {
    if (name == report.name) return &report;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("expected top, denied, failures, traffic or unused-rules, found \"",
                   SafeText(name), "\"; see sluicectl help report"));
}

}  // namespace

absl::Status RunLog(Errand& errand) {
  const absl::StatusOr<size_t> most = LimitOf(errand, kUsual);
  if (!most.ok()) return most.status();
  Keys keys;
  if (absl::Status status = AddTimes(errand, &keys); !status.ok()) return status;
  const std::string filter = FilterOf(errand.arguments.words);
  if (!filter.empty()) keys.emplace_back("filter", filter);
  const absl::StatusOr<Json> found = ListLog(errand.door, keys, *most);
  if (!found.ok()) return found.status();
  const Json& requests = ListOf(*found, "requests");
  if (requests.empty() && errand.arguments.format <= Format::kWide) {
    errand.desk.err << (keys.empty() ? "no session has ended\n" : "no session matches\n");
  } else {
    errand.Show(LogTable(requests), *found, kFields, requests);
  }
  if (requests.empty() && !keys.empty()) return absl::NotFoundError("");
  return absl::OkStatus();
}

absl::Status RunReport(Errand& errand) {
  const std::vector<std::string>& words = errand.arguments.words;
  const absl::StatusOr<const ReportKind*> report = FindReport(words[0]);
  if (!report.ok()) return report.status();
  Question question{.path = absl::StrCat("/api/v1/reports/", words[0])};
  if (absl::Status status = AddTimes(errand, &question.keys); !status.ok()) return status;
  for (const char* key : {"limit", "days", "by"}) {
    if (const std::string value = errand.arguments.Get(key); !value.empty())
      question.keys.emplace_back(key, value);
  }
  if (words[0] == "top" && errand.arguments.Get("by").empty())
    question.keys.emplace_back("by", "user");
  const std::string filter = FilterOf({words.begin() + 1, words.end()});
  if (!filter.empty()) question.keys.emplace_back("filter", filter);
  const absl::StatusOr<Json> found = AskJson(errand.door, question);
  if (!found.ok()) return found.status();
  const Json& rows = ListOf(*found, "rows");
  errand.Show(ReportTable(**report, rows), *found, (*report)->fields, rows);
  return absl::OkStatus();
}

}  // namespace sluice
