// Locks: listed, set and taken away.

#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "relay/log/calendar_time.h"
#include "tools/admin/config_answer.h"
#include "tools/admin/json_fields.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

Json LockJson(const AccessLock& lock) {
  Json json = {{"id", absl::StrCat(lock.id)}};
  if (!lock.user.empty()) json["user"] = lock.user;
  if (!lock.client.empty()) json["client"] = lock.client;
  if (!lock.destination.empty()) json["destination"] = lock.destination;
  json["expires"] = TimeOrNull(lock.expires);
  json["reason"] = lock.reason;
  json["by"] = lock.by;
  json["at"] = CalendarTime(lock.at);
  json["ended"] = lock.ended;
  return json;
}

absl::Time ReadExpiry(JsonFields& fields) {
  const std::optional<std::string> text = fields.Text("expires");
  if (!text.has_value()) return absl::InfiniteFuture();
  absl::Time time;
  std::string fault;
  if (!absl::ParseTime(absl::RFC3339_full, *text, &time, &fault) || time <= absl::Now()) {
    fields.Fail("expires", "a time to come, such as 2030-12-31T18:00:00Z", "another");
    return absl::InfiniteFuture();
  }
  return time;
}

}  // namespace

HttpResponse AnswerLocks(Administered& gateway) {
  Json locks = Json::array();
  for (const AccessLock& lock : gateway.changes().locks()) locks.push_back(LockJson(lock));
  return JsonResponse(Json{{"locks", std::move(locks)}});
}

HttpResponse AddLock(Administered& gateway, const Asked& asked) {
  JsonFields fields(asked.request.body);
  AccessLock lock;
  lock.user = fields.Text("user").value_or("");
  lock.client = fields.Text("client").value_or("");
  lock.destination = fields.Text("destination").value_or("");
  lock.expires = ReadExpiry(fields);
  lock.reason = fields.Text("reason").value_or("");
  lock.by = asked.caller.name;
  if (lock.user.empty() && lock.client.empty() && lock.destination.empty())
    fields.Fail("user", "a user, a client or a destination to lock", "none of them");
  if (lock.reason.size() > AccessLock::kReasonBytesMax) {
    fields.Fail("reason", absl::StrCat("at most ", AccessLock::kReasonBytesMax, " bytes"), "more");
  }
  if (absl::Status status = fields.Finish(); !status.ok())
    return Problem(400, std::string(status.message()));
  const absl::StatusOr<AccessLock> set = gateway.changes().AddLock(std::move(lock));
  if (!set.ok()) {
    const int code = absl::IsInvalidArgument(set.status()) ? 400
                     : absl::IsUnavailable(set.status())   ? 503
                                                           : 409;
    return Problem(code, std::string(set.status().message()));
  }
  HttpResponse response = JsonResponse(LockJson(*set), 201);
  response.headers.emplace_back("Location", absl::StrCat("/api/v1/locks/", set->id));
  return response;
}

HttpResponse RemoveLock(Administered& gateway, const Asked& asked) {
  uint64_t id = 0;
  if (!absl::SimpleAtoi(std::string(asked.name), &id)) id = 0;
  const absl::Status status = gateway.changes().RemoveLock(id, asked.caller.name);
  if (!status.ok())
    return Problem(absl::IsNotFound(status) ? 404 : 503, std::string(status.message()));
  return JsonResponse(Json{{"deleted", std::string(asked.name)}});
}

}  // namespace sluice
