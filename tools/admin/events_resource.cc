// What happens, as text/event-stream (HTML, 9.2), and what did in the last hour.

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tools/admin/entrance.h"
#include "tools/admin/json.h"
#include "tools/admin/problem.h"
#include "tools/admin/pulse.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

std::string TopicsText() {
  return absl::StrJoin(kTopicNames, ", ",
                       [](std::string* out, std::string_view name) { out->append(name); });
}

absl::Status ReadTopics(std::string_view text, Events::Subscription* subscription) {
  for (const absl::string_view word : absl::StrSplit(std::string(text), ',')) {
    const auto found = std::find(kTopicNames.begin(), kTopicNames.end(), std::string(word));
    if (found == kTopicNames.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected topics with commas between them, of ", TopicsText(),
                       "; found another word, or none; say topics=status,config"));
    }
    subscription->topics[static_cast<size_t>(found - kTopicNames.begin())] = true;
  }
  return absl::OkStatus();
}

bool SeesOnlyWhatAnAuditorMay(const Events::Subscription& subscription) {
  for (size_t i = 0; i < subscription.topics.size(); ++i) {
    const auto topic = static_cast<Topic>(i);
    if (subscription.topics[i] && topic != Topic::kAudit && topic != Topic::kLog) return false;
  }
  return true;
}

}  // namespace

HttpResponse AnswerEvents(Administered& gateway, const Asked& asked) {
  Events::Subscription subscription;
  if (absl::Status status = ReadTopics(asked.target.Query("topics"), &subscription); !status.ok())
    return Problem(400, std::string(status.message()));
  absl::StatusOr<SessionFilter> filter = SessionFilter::Parse(asked.target.Query("filter"));
  if (!filter.ok()) return Problem(400, std::string(filter.status().message()));
  subscription.filter = *std::move(filter);
  if (asked.caller.role == Role::kAuditor && !SeesOnlyWhatAnAuditorMay(subscription)) {
    return Problem(403,
                   "expected the topics audit and log of an auditor, found others; leave them out");
  }
  uint64_t had = 0;
  if (absl::SimpleAtoi(asked.request.last_event_id, &had)) subscription.had = had;
  Entrance& entrance = gateway.entrance();
  if (const std::string& sign_in = asked.caller.sign_in; !sign_in.empty()) {
    subscription.may_still = [&entrance, sign_in] {
      return entrance.sign_ins.IsOpen(sign_in, absl::Now());
    };
  }
  if (const std::string& token = asked.caller.token; !token.empty()) {
    subscription.may_still = [&entrance, token] {
      return entrance.accounts.TokenIsGood(token, absl::Now());
    };
  }
  auto stream = entrance.events.Open(std::move(subscription));
  if (!stream.ok()) return Problem(503, std::string(stream.status().message()));
  HttpResponse response;
  response.content_type = "text/event-stream";
  response.stream = *std::move(stream);
  return response;
}

HttpResponse AnswerHistory(Administered& gateway) {
  Json points = Json::array();
  for (const HistoryPoint& point : gateway.entrance().history.points())
    points.push_back(PointJson(point));
  return JsonResponse(
      Json{{"step_s", absl::ToInt64Seconds(History::kStep)}, {"points", std::move(points)}});
}

}  // namespace sluice
