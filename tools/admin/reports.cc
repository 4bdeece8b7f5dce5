// Reports of the log: who did the most, what was denied, what failed, how much there was over time,
// and which rules nobody needs. Each is one walk through the requests of a time.

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "relay/close_reason.h"
#include "relay/log/calendar_time.h"
#include "relay/log/session_words.h"
#include "tools/admin/bounds.h"
#include "tools/admin/log_rows.h"
#include "tools/admin/paging.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

constexpr absl::Duration kUsualTime = absl::Hours(24);

// What a report is asked for, and what it found besides its rows.
struct Report {
  LogQuestion question;
  size_t limit = admin_bounds::kReportRows;
  bool whole = true;
};

// Of requests that have something in common.
struct Tally {
  uint64_t requests = 0;
  uint64_t sessions = 0;
  uint64_t denied = 0;
  uint64_t bytes_up = 0;
  uint64_t bytes_down = 0;
  absl::Time last = absl::InfinitePast();

  void Add(const LoggedRequest& one) {
    const uint64_t n = one.weight;
    sessions += n;
    requests += one.record.requested ? n : 0;
    denied += VerdictWord(one.record) == "deny" ? n : 0;
    bytes_up += n * one.record.bytes_up;
    bytes_down += n * one.record.bytes_down;
    last = std::max(last, one.at);
  }
};

absl::StatusOr<Report> ReadReport(Store& store, const Asked& asked) {
  absl::StatusOr<LogQuestion> question = ReadLogQuestion(asked.target);
  if (!question.ok()) return question.status();
  absl::StatusOr<size_t> limit =
      ReadLimit(asked.target, admin_bounds::kReportRows, admin_bounds::kPageMax);
  if (!limit.ok()) return limit.status();
  Report report{*std::move(question), *limit};
  LogRange& range = report.question.range;
  if (range.to == absl::InfiniteFuture()) range.to = absl::Now();
  if (range.from == absl::InfinitePast()) range.from = range.to - kUsualTime;
  store.Flush();
  return report;
}

absl::Status Walk(Store& store, Report* report,
                  absl::FunctionRef<void(const LoggedRequest&)> visit) {
  size_t looked_at = 0;
  return store.ForEachRequest(report->question.range, [&](const LoggedRequest& one) {
    if (++looked_at > admin_bounds::kReportScanMax) {
      report->whole = false;
      return false;
    }
    if (report->question.filter.Matches(one.record)) visit(one);
    return true;
  });
}

// Tallies by a key of any kind; beyond a bound, what is new is counted as `other`.
template <typename Key>
class Tallies {
 public:
  explicit Tallies(Key other) : other_(std::move(other)) {}
  void Add(Key key, const LoggedRequest& one) {
    const bool fits = tallies_.size() < admin_bounds::kReportNamesMax || tallies_.contains(key);
    tallies_[fits ? std::move(key) : other_].Add(one);
  }
  // Those with the most requests first.
  std::vector<std::pair<Key, Tally>> Most(size_t limit) const {
    std::vector<std::pair<Key, Tally>> rows(tallies_.begin(), tallies_.end());
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      return std::tie(a.second.requests, a.second.sessions) >
             std::tie(b.second.requests, b.second.sessions);
    });
    if (rows.size() > limit) rows.resize(limit);
    return rows;
  }

 private:
  const Key other_;
  std::map<Key, Tally> tallies_;
};

HttpResponse Finish(const Report& report, Json head, const std::vector<Json>& rows,
                    Columns columns) {
  if (report.question.format != RowsFormat::kJson) {
    RowsText text(report.question.format, columns);
    for (const Json& row : rows) text.Add(row);
    return std::move(text).Finish();
  }
  head["from"] = TimeJson(report.question.range.from);
  head["to"] = TimeJson(report.question.range.to);
  head["whole"] = report.whole;
  head["rows"] = rows;
  return JsonResponse(head);
}

// The rows of `make` over the log, or what is in the way.
template <typename Make>
HttpResponse Answer(Administered& gateway, const Asked& asked, Make make) {
  Store& store = gateway.store();
  if (auto fault = FaultOfStore(store); fault.has_value()) return *std::move(fault);
  absl::StatusOr<Report> report = ReadReport(store, asked);
  if (!report.ok()) return Problem(400, std::string(report.status().message()));
  return make(store, *report);
}

std::string NameOf(const AccessRecord& record, std::string_view by) {
  if (by == "user") return std::string(record.user.view());
  if (by == "client") return record.client.address.ToString();
  if (by == "rule") return std::string(record.rule.view());
  return record.requested ? DestinationWord(record) : "";
}

// It was allowed, and came to nothing.
bool HasFailed(const AccessRecord& record) {
  const bool served = record.replied && record.reply == Rep::kSucceeded;
  return record.requested && !served && VerdictWord(record) != "deny";
}

}  // namespace

HttpResponse AnswerTop(Administered& gateway, const Asked& asked) {
  static constexpr std::array<std::string_view, 6> kColumns = {"name",     "requests",   "sessions",
                                                               "bytes_up", "bytes_down", "denied"};
  const std::string by(asked.target.Query("by"));
  if (by != "user" && by != "client" && by != "destination" && by != "rule") {
    return Problem(400,
                   "expected by=user, client, destination or rule, found another; write one of "
                   "them");
  }
  return Answer(gateway, asked, [&by](Store& store, Report& report) {
    Tallies<std::string> tallies("other");
    const absl::Status status = Walk(store, &report, [&](const LoggedRequest& one) {
      tallies.Add(NameOf(one.record, by), one);
    });
    if (!status.ok()) return StoreProblem(status);
    std::vector<Json> rows;
    for (const auto& [name, tally] : tallies.Most(report.limit)) {
      rows.push_back({{"name", name},
                      {"requests", tally.requests},
                      {"sessions", tally.sessions},
                      {"bytes_up", tally.bytes_up},
                      {"bytes_down", tally.bytes_down},
                      {"denied", tally.denied}});
    }
    return Finish(report, {{"by", by}}, rows, kColumns);
  });
}

HttpResponse AnswerDenied(Administered& gateway, const Asked& asked) {
  static constexpr std::array<std::string_view, 7> kColumns = {
      "client", "user", "destination", "port", "rule", "requests", "last"};
  return Answer(gateway, asked, [](Store& store, Report& report) {
    using Key = std::tuple<std::string, std::string, std::string, uint16_t, std::string>;
    Tallies<Key> tallies({"other", "", "", 0, ""});
    const absl::Status status = Walk(store, &report, [&](const LoggedRequest& one) {
      const AccessRecord& record = one.record;
      if (VerdictWord(record) != "deny") return;
      tallies.Add({NameOf(record, "client"), NameOf(record, "user"), NameOf(record, "destination"),
                   record.requested_address.port, NameOf(record, "rule")},
                  one);
    });
    if (!status.ok()) return StoreProblem(status);
    std::vector<Json> rows;
    for (const auto& [key, tally] : tallies.Most(report.limit)) {
      const auto& [client, user, destination, port, rule] = key;
      rows.push_back({{"client", client},
                      {"user", user},
                      {"destination", destination},
                      {"port", port},
                      {"rule", rule},
                      {"requests", tally.sessions},
                      {"last", TimeJson(tally.last)}});
    }
    return Finish(report, Json::object(), rows, kColumns);
  });
}

HttpResponse AnswerFailures(Administered& gateway, const Asked& asked) {
  static constexpr std::array<std::string_view, 6> kColumns = {"ended_by", "state",    "why",
                                                               "reply",    "requests", "last"};
  return Answer(gateway, asked, [](Store& store, Report& report) {
    using Key = std::tuple<EndedBy, SessionState, std::string, int>;
    Tallies<Key> tallies({EndedBy::kNobody, SessionState::kHandshake, "other", -1});
    const absl::Status status = Walk(store, &report, [&](const LoggedRequest& one) {
      const AccessRecord& record = one.record;
      if (!HasFailed(record)) return;
      tallies.Add({record.ended_by, record.state, std::string(record.why),
                   record.replied ? static_cast<int>(record.reply) : -1},
                  one);
    });
    if (!status.ok()) return StoreProblem(status);
    std::vector<Json> rows;
    for (const auto& [key, tally] : tallies.Most(report.limit)) {
      const auto& [ended_by, state, why, reply] = key;
      rows.push_back({{"ended_by", ToString(ended_by)},
                      {"state", ToString(state)},
                      {"why", why},
                      {"reply", reply < 0 ? Json(nullptr) : Json(reply)},
                      {"requests", tally.requests},
                      {"last", TimeJson(tally.last)}});
    }
    return Finish(report, Json::object(), rows, kColumns);
  });
}

HttpResponse AnswerTraffic(Administered& gateway, const Asked& asked) {
  static constexpr std::array<std::string_view, 6> kColumns = {"at",       "requests",   "sessions",
                                                               "bytes_up", "bytes_down", "denied"};
  return Answer(gateway, asked, [](Store& store, Report& report) {
    const LogRange& range = report.question.range;
    const TimeBuckets buckets(range.from, range.to);
    std::map<absl::Time, Tally> tallies;
    const absl::Status status = Walk(store, &report, [&](const LoggedRequest& one) {
      tallies[buckets.StartOf(one.at)].Add(one);
    });
    if (!status.ok()) return StoreProblem(status);
    std::vector<Json> rows;
    for (absl::Time at = buckets.StartOf(range.from); at < range.to; at += buckets.width()) {
      const Tally& tally = tallies[at];
      rows.push_back({{"at", TimeJson(at)},
                      {"requests", tally.requests},
                      {"sessions", tally.sessions},
                      {"bytes_up", tally.bytes_up},
                      {"bytes_down", tally.bytes_down},
                      {"denied", tally.denied}});
    }
    return Finish(report, {{"seconds", absl::ToInt64Seconds(buckets.width())}}, rows, kColumns);
  });
}

// By what rules did as long as it is remembered, not by the log, which is shorter.
HttpResponse AnswerUnusedRules(Administered& gateway, const Asked& asked) {
  static constexpr std::array<std::string_view, 4> kColumns = {"number", "rule", "hits", "last"};
  constexpr int kDays = 90;
  constexpr int kDaysMost = 3650;
  int days = kDays;
  const std::string text(asked.target.Query("days"));
  if (!text.empty() && (!absl::SimpleAtoi(text, &days) || days < 1 || days > kDaysMost)) {
    return Problem(400, absl::StrCat("expected days= a number from 1 to ", kDaysMost,
                                     ", found another; write one"));
  }
  const absl::StatusOr<RowsFormat> format = ReadRowsFormat(asked.target);
  if (!format.ok()) return Problem(400, std::string(format.status().message()));
  Report report;
  report.question.format = *format;
  report.question.range.to = absl::Now();
  report.question.range.from = report.question.range.to - absl::Hours(24) * days;
  const auto counted = gateway.CountRules();
  std::vector<Json> rows;
  int number = 0;
  for (const Rule& rule : gateway.config()->config.rules) {
    ++number;
    const auto found = counted.find(rule.name);
    const bool known = found != counted.end() && found->second.hits > 0;
    if (known && found->second.last >= report.question.range.from) continue;
    rows.push_back({{"number", number},
                    {"rule", rule.name},
                    {"hits", known ? found->second.hits : 0},
                    {"last", known ? TimeJson(found->second.last) : Json(nullptr)}});
  }
  return Finish(report, {{"days", days}}, rows, kColumns);
}

}  // namespace sluice
