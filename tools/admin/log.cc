// The log of requests: sessions that have ended, newest first, in pages or as a table. A page also
// has a picture of how many there were over time.

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tools/admin/bounds.h"
#include "tools/admin/log_rows.h"
#include "tools/admin/paging.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

// What a look through the log has found.
struct Look {
  std::vector<absl::Time> matched;
  uint64_t listed = 0;
  uint64_t looked_at = 0;
  int64_t last_listed = 0;
  int64_t last_looked_at = 0;
  bool whole = true;  // it went to the end of the range
};

Json HistogramJson(const std::vector<absl::Time>& times) {
  Json json = Json::array();
  if (times.empty()) return json;
  const auto [first, last] = std::minmax_element(times.begin(), times.end());
  const TimeBuckets buckets(*first, *last);
  std::map<absl::Time, uint64_t> counts;
  for (absl::Time at = buckets.StartOf(*first); at <= *last; at += buckets.width()) counts[at] = 0;
  for (const absl::Time time : times) ++counts[buckets.StartOf(time)];
  for (const auto& [at, n] : counts) json.push_back({{"at", TimeJson(at)}, {"n", n}});
  return json;
}

// How many there are in all: counted, or guessed from those that were looked at.
uint64_t About(Store& store, const LogQuestion& question, const Look& look) {
  if (look.whole) return look.matched.size();
  const absl::StatusOr<uint64_t> all = store.CountRequests(question.range);
  if (!all.ok() || look.looked_at == 0) return look.matched.size();
  const double part =
      static_cast<double>(look.matched.size()) / static_cast<double>(look.looked_at);
  return static_cast<uint64_t>(part * static_cast<double>(*all));
}

// Lists up to `limit` of those that match, and looks at up to `most`. Where `goes_on`, it counts
// those behind the page as well.
absl::StatusOr<Look> LookThrough(Store& store, const LogQuestion& question, size_t limit,
                                 size_t most, bool goes_on,
                                 absl::FunctionRef<void(const LoggedRequest&)> list) {
  Look look;
  const absl::Status status = store.ForEachRequest(question.range, [&](const LoggedRequest& one) {
    if (look.looked_at == most || (!goes_on && look.listed == limit)) {
      look.whole = false;
      return false;
    }
    ++look.looked_at;
    look.last_looked_at = one.number;
    if (!question.filter.Matches(one.record)) return true;
    if (goes_on) look.matched.push_back(one.at);
    if (look.listed < limit) {
      list(one);
      ++look.listed;
      look.last_listed = one.number;
    }
    return true;
  });
  if (!status.ok()) return status;
  return look;
}

// Where the next page begins: behind what was listed; or, where the page is not full because the
// look was long enough, behind what was looked at. 0: there is none.
int64_t NextOf(const Look& look, size_t limit) {
  if (look.listed < limit) return look.whole ? 0 : look.last_looked_at;
  const bool more = !look.whole || look.matched.size() > look.listed;
  return more ? look.last_listed : 0;
}

HttpResponse AnswerText(Store& store, const LogQuestion& question, size_t limit) {
  RowsText text(question.format, RequestColumns());
  const absl::StatusOr<Look> look =
      LookThrough(store, question, limit, admin_bounds::kReportScanMax, /*goes_on=*/false,
                  [&text](const LoggedRequest& one) { text.Add(RequestJson(one)); });
  if (!look.ok()) return StoreProblem(look.status());
  HttpResponse response = std::move(text).Finish();
  if (const int64_t next = NextOf(*look, limit); next > 0)
    response.headers.emplace_back("Sluice-Next", absl::StrCat(next));
  return response;
}

HttpResponse AnswerPage(Store& store, const LogQuestion& question, size_t limit, bool first) {
  Json requests = Json::array();
  const absl::StatusOr<Look> look =
      LookThrough(store, question, limit, admin_bounds::kLogScanMax, /*goes_on=*/first,
                  [&requests](const LoggedRequest& one) { requests.push_back(RequestJson(one)); });
  if (!look.ok()) return StoreProblem(look.status());
  const int64_t next = NextOf(*look, limit);
  Json json;
  json["requests"] = std::move(requests);
  json["next"] = next > 0 ? Json(absl::StrCat(next)) : Json(nullptr);
  json["about"] = first ? Json(About(store, question, *look)) : Json(nullptr);
  json["histogram"] = HistogramJson(look->matched);
  json["whole"] = look->whole;
  return JsonResponse(json);
}

}  // namespace

HttpResponse AnswerLog(Administered& gateway, const Asked& asked) {
  Store& store = gateway.store();
  if (auto fault = FaultOfStore(store); fault.has_value()) return *std::move(fault);
  absl::StatusOr<LogQuestion> question = ReadLogQuestion(asked.target);
  if (!question.ok()) return Problem(400, std::string(question.status().message()));
  const bool page = question->format == RowsFormat::kJson;
  const absl::StatusOr<size_t> limit =
      page ? ReadLimit(asked.target, admin_bounds::kPage, admin_bounds::kPageMax)
           : ReadLimit(asked.target, admin_bounds::kCsvRowsMax, admin_bounds::kCsvRowsMax);
  if (!limit.ok()) return Problem(400, std::string(limit.status().message()));
  const std::string cursor(asked.target.Query("cursor"));
  if (!cursor.empty() &&
      (!absl::SimpleAtoi(cursor, &question->range.below) || question->range.below < 1)) {
    return Problem(400,
                   "expected a cursor as \"next\" of the page before has it, found another; begin "
                   "without");
  }
  store.Flush();
  return page ? AnswerPage(store, *question, *limit, cursor.empty())
              : AnswerText(store, *question, *limit);
}

}  // namespace sluice
