#include "tools/sluicectl/sessions.h"

#include <algorithm>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tools/sluicectl/filter_words.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/units.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

constexpr size_t kPage = 1000;  // the largest that the door gives

using Side = Column::Side;

Table SessionTable(const Json& sessions) {
  Table table({{"SESSION"},
               {"CLIENT", Side::kLeft, false, 9},
               {"USER", Side::kLeft, false, 4},
               {"COMMAND", Side::kLeft, true},
               {"DESTINATION", Side::kLeft, false, 10},
               {"TARGET", Side::kLeft, true},
               {"EGRESS", Side::kLeft, true},
               {"RULE", Side::kLeft, false, 5},
               {"STATE"},
               {"AGE", Side::kRight},
               {"UP", Side::kRight},
               {"DOWN", Side::kRight},
               {"VERSION", Side::kLeft, true},
               {"AUTH", Side::kLeft, true},
               {"SINCE", Side::kLeft, true}});
  for (const Json& one : sessions) {
    table.Add({TextOf(one, "session"), TextOf(one, "client"), TextOf(one, "user"),
               TextOf(one, "command"), DestinationOf(one), TextOf(one, "target"),
               TextOf(one, "egress"), TextOf(one, "rule"), TextOf(one, "state"),
               HumanTime(NumberOf(one, "age_ms")), HumanBytes(NumberOf(one, "bytes_up")),
               HumanBytes(NumberOf(one, "bytes_down")), TextOf(one, "version"), TextOf(one, "auth"),
               TextOf(one, "since")});
  }
  return table;
}

}  // namespace

const std::vector<const char*>& SessionFields() {
  static const std::vector<const char*> fields = {"session",
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
                                                  "datagrams_dropped"};
  return fields;
}

Question SessionQuestion(const std::string& method, const std::string& name) {
  return {.method = method,
          .path = absl::StrCat("/api/v1/sessions/", PathSegment(name)),
          .may_be_gone = true};
}

std::string DestinationOf(const Json& session) {
  const std::string host = TextOf(session, "destination"), port = TextOf(session, "port");
  if (host.empty()) return "";
  const bool v6 = host.find(':') != host.npos;
  return absl::StrCat(v6 ? "[" : "", host, v6 ? "]" : "", port.empty() ? "" : ":", port);
}

absl::StatusOr<Json> ListSessions(Door& door, const std::string& filter, size_t most) {
  Json all = {{"sessions", Json::array()}, {"next", nullptr}, {"about", 0}};
  Json& sessions = all["sessions"];
  std::string cursor;
  while (sessions.size() < most) {
    Question question = Get("sessions");
    if (!filter.empty()) question.keys.emplace_back("filter", filter);
    question.keys.emplace_back("limit", absl::StrCat(std::min(kPage, most - sessions.size())));
    if (!cursor.empty()) question.keys.emplace_back("cursor", cursor);
    absl::StatusOr<Json> page = AskJson(door, question);
    if (!page.ok()) return page.status();
    for (const Json& session : ListOf(*page, "sessions")) sessions.push_back(session);
    all["about"] = NumberOf(*page, "about");
    std::string next = TextOf(*page, "next");
    all["next"] = next.empty() ? Json() : Json(next);
    if (next.empty() || next == cursor) break;  // a cursor that stands still leads nowhere
    cursor = std::move(next);
    door.Doing(absl::StrCat(Counted(sessions.size(), "session", "sessions"), " of about ",
                            HumanNumber(NumberOf(all, "about")), " read"));
  }
  return all;
}

absl::Status RunSessions(Errand& errand) {
  size_t most = std::numeric_limits<size_t>::max();
  const std::string limit = errand.arguments.Get("limit");
  if (!limit.empty() && (!absl::SimpleAtoi(limit, &most) || most == 0)) {
    return absl::InvalidArgumentError(absl::StrCat("--limit: expected a number above 0, found \"",
                                                   SafeText(limit), "\"; leave it away for all"));
  }
  const std::string filter = FilterOf(errand.arguments.words);
  const absl::StatusOr<Json> found = ListSessions(errand.door, filter, most);
  if (!found.ok()) return found.status();
  const Json& sessions = ListOf(*found, "sessions");
  if (sessions.empty() && errand.arguments.format <= Format::kWide) {
    errand.desk.err << (filter.empty() ? "no session is open\n" : "no session matches\n");
  } else {
    errand.Show(SessionTable(sessions), *found, SessionFields(), sessions);
  }
  if (sessions.empty() && !filter.empty()) return absl::NotFoundError("");
  if (FieldOf(*found, "next").is_string() && errand.arguments.format <= Format::kWide) {
    errand.desk.err << "there are more: " << HumanNumber(NumberOf(*found, "about"))
                    << " are open; a larger --limit, or a filter, shows others\n";
  }
  return absl::OkStatus();
}

}  // namespace sluice
