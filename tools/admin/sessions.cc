// Live sessions: listed in pages or as a table, one of them, and their end. What is asked of shards
// is asked here, on the thread of handlers, and waits for their next turn.

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "glog/logging.h"
#include "relay/log/session_filter.h"
#include "relay/log/session_words.h"
#include "tools/admin/bounds.h"
#include "tools/admin/json_fields.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"
#include "tools/admin/session_answer.h"

namespace sluice {
namespace {

using Cursor = LiveSessions::Cursor;

constexpr std::string_view kWhy = "ended by an operator";

std::string CursorWord(const Cursor& cursor) {
  return absl::StrCat(cursor.shard, ".", cursor.place);
}

// Two numbers with something between them.
std::optional<std::pair<uint32_t, uint64_t>> TwoNumbers(std::string_view text, char between) {
  const size_t at = text.find(between);
  if (at == std::string_view::npos) return std::nullopt;
  std::pair<uint32_t, uint64_t> numbers;
  const bool good = absl::SimpleAtoi(std::string(text.substr(0, at)), &numbers.first) &&
                    absl::SimpleAtoi(std::string(text.substr(at + 1)), &numbers.second);
  if (!good || numbers.first > UINT16_MAX) return std::nullopt;
  return numbers;
}

// What a listing asks for; a fault is one sentence.
struct Listing {
  SessionFilter filter;
  Cursor from;
  size_t limit = admin_bounds::kPage;
  bool csv = false;
};

absl::StatusOr<Listing> ReadListing(const HttpTarget& target) {
  Listing listing;
  absl::StatusOr<SessionFilter> filter = SessionFilter::Parse(target.Query("filter"));
  if (!filter.ok()) return filter.status();
  listing.filter = *std::move(filter);
  const std::string_view format = target.Query("format");
  listing.csv = format == "csv";
  if (!format.empty() && format != "csv" && format != "json")
    return absl::InvalidArgumentError("expected format=json or csv, found another; write one");
  if (listing.csv) listing.limit = admin_bounds::kCsvRowsMax;
  if (const std::string_view limit = target.Query("limit"); !limit.empty()) {
    const size_t most = listing.csv ? admin_bounds::kCsvRowsMax : admin_bounds::kPageMax;
    if (!absl::SimpleAtoi(std::string(limit), &listing.limit) || listing.limit == 0 ||
        listing.limit > most) {
      return absl::InvalidArgumentError(absl::StrCat("expected a limit from 1 to ", most,
                                                     ", found another; ask for more in "
                                                     "pages, with cursor"));
    }
  }
  if (const std::string_view cursor = target.Query("cursor"); !cursor.empty()) {
    const auto numbers = TwoNumbers(cursor, '.');
    if (!numbers || numbers->second > UINT32_MAX) {
      return absl::InvalidArgumentError(
          "expected a cursor as \"next\" of the page before has it, found another; begin without");
    }
    listing.from = {static_cast<uint16_t>(numbers->first), static_cast<uint32_t>(numbers->second)};
  }
  return listing;
}

HttpResponse Gone() {
  return Problem(404,
                 "expected a session that is open, such as 1-755, found none of that name; it has "
                 "ended, or is named otherwise: the access log and GET /api/v1/sessions tell");
}

// Who ended what, for the gateway's log. What comes from outside is escaped.
void LogEnd(const Caller& caller, size_t ended, std::string_view what, std::string_view reason) {
  if (ended == 0) return;
  LOG(INFO) << absl::CHexEscape(caller.name) << " ended " << ended
            << (ended == 1 ? " session" : " sessions") << " ("
            << absl::CHexEscape(std::string(what)) << ")" << (reason.empty() ? "" : ": ")
            << absl::CHexEscape(std::string(reason));
}

std::optional<HttpResponse> FaultOfReason(std::string_view reason) {
  if (reason.size() <= admin_bounds::kReasonBytesMax) return std::nullopt;
  return Problem(400, absl::StrCat("expected a reason of at most ", admin_bounds::kReasonBytesMax,
                                   " bytes, found more; shorten it"));
}

}  // namespace

std::optional<std::pair<uint32_t, uint64_t>> SessionNumbers(std::string_view name) {
  return TwoNumbers(name, '-');
}

std::optional<LiveSession> FindSession(Administered& gateway, std::string_view name) {
  const auto numbers = SessionNumbers(name);
  if (!numbers) return std::nullopt;
  std::optional<LiveSession> found;
  const auto shard = static_cast<uint16_t>(numbers->first);
  gateway.ForEachSession({shard, 0}, [&](const LiveSession& session) {
    if (session.record.shard != shard) return false;
    if (session.record.session == numbers->second) found = session;
    return !found.has_value();
  });
  return found;
}

HttpResponse AnswerSessions(Administered& gateway, const Asked& asked) {
  absl::StatusOr<Listing> listing = ReadListing(asked.target);
  if (!listing.ok()) return Problem(400, std::string(listing.status().message()));
  Json sessions = Json::array();
  std::string csv = listing->csv ? SessionCsvHead() : "";
  size_t listed = 0;
  const std::optional<Cursor> next =
      gateway.ForEachSession(listing->from, [&](const LiveSession& session) {
        if (!listing->filter.Matches(session.record)) return true;
        if (listing->csv) {
          csv += SessionCsvRow(session.record);
        } else {
          sessions.push_back(SessionJson(session.record));
        }
        return ++listed < listing->limit;
      });
  if (listing->csv) {
    HttpResponse response;
    response.content_type = "text/csv; charset=utf-8; header=present";
    response.body = std::move(csv);
    if (next.has_value()) response.headers.emplace_back("Sluice-Next", CursorWord(*next));
    return response;
  }
  const Counters::Totals count = gateway.Count();
  Json json;
  json["sessions"] = std::move(sessions);
  json["next"] = next.has_value() ? Json(CursorWord(*next)) : Json(nullptr);
  json["about"] = count.sessions_accepted - count.sessions_closed;
  return JsonResponse(json);
}

HttpResponse AnswerSession(Administered& gateway, const Asked& asked) {
  const std::optional<LiveSession> found = FindSession(gateway, asked.name);
  return found.has_value() ? JsonResponse(SessionJson(found->record)) : Gone();
}

HttpResponse EndSession(Administered& gateway, const Asked& asked) {
  const std::string_view reason = asked.target.Query("reason");
  if (auto fault = FaultOfReason(reason); fault.has_value()) return *std::move(fault);
  const std::optional<LiveSession> found = FindSession(gateway, asked.name);
  if (!found.has_value()) return Gone();
  const LiveSessions::Name name{found->record.shard, found->place};
  const size_t ended = gateway.EndSessions({&name, 1}, kWhy);
  if (ended == 0) return Gone();
  LogEnd(asked.caller, ended, asked.name, reason);
  HttpResponse response = JsonResponse(Json{{"ended", ended}});
  response.note = reason;
  return response;
}

HttpResponse EndSessions(Administered& gateway, const Asked& asked) {
  JsonFields fields(asked.request.body);
  const std::string text = fields.Text("filter").value_or("");
  const std::string reason = fields.Text("reason").value_or("");
  const bool dry_run = fields.Flag("dry_run");
  const bool all = fields.Flag("all");
  if (absl::Status status = fields.Finish(); !status.ok())
    return Problem(400, std::string(status.message()));
  if (auto fault = FaultOfReason(reason); fault.has_value()) return *std::move(fault);
  const absl::StatusOr<SessionFilter> filter = SessionFilter::Parse(text);
  if (!filter.ok()) return Problem(400, std::string(filter.status().message()));
  if (filter->is_all() && !all) {
    return Problem(400,
                   "expected a filter with a term, found none; to end all sessions say "
                   "\"all\": true");
  }
  std::vector<LiveSessions::Name> names;
  gateway.ForEachSession({}, [&](const LiveSession& session) {
    if (filter->Matches(session.record)) names.push_back({session.record.shard, session.place});
    return true;
  });
  const size_t ended = dry_run ? 0 : gateway.EndSessions(names, kWhy);
  LogEnd(asked.caller, ended, text.empty() ? "all" : text, reason);
  HttpResponse response =
      JsonResponse(Json{{"matched", names.size()}, {"ended", ended}, {"dry_run", dry_run}});
  response.note =
      absl::StrCat(dry_run ? "would end " : "ended ", names.size(), " (",
                   text.empty() ? "all" : text, ")", reason.empty() ? "" : ": ", reason);
  return response;
}

}  // namespace sluice
