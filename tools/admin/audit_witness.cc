#include "tools/admin/audit_witness.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "glog/logging.h"
#include "relay/log/calendar_time.h"
#include "tools/admin/bounds.h"
#include "tools/admin/json.h"
#include "tools/admin/store/bounds.h"

namespace sluice {
namespace {

std::string Bounded(std::string text) {
  if (text.size() > store_bounds::kAuditTextBytesMax) {
    text.resize(store_bounds::kAuditTextBytesMax);
    text += "...";
  }
  return text;
}

// Where something was refused: why. Else what whoever answered had to say.
std::string DetailOf(const HttpResponse& response) {
  if (response.status < 400) return response.note;
  const Json json = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return "";
  const auto detail = json.find("detail");
  return detail != json.end() && detail->is_string() ? detail->get<std::string>() : "";
}

std::string EventOf(const AuditRecord& record) {
  Json json;
  json["at"] = CalendarTime(record.at);
  json["who"] = record.who;
  json["role"] = record.role;
  json["door"] = record.door;
  json["from"] = record.from;
  json["action"] = record.action;
  json["object"] = record.object;
  json["outcome"] = record.outcome;
  json["detail"] = record.detail;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void AuditWitness::See(const Answered& answered) {
  const Caller& caller = answered.caller;
  AuditRecord record;
  record.at = absl::Now();
  std::string detail = DetailOf(answered.response);
  if (caller.role == Role::kStranger && answered.response.status >= 400) {
    uint64_t unrecorded = 0;
    if (!TakeStranger(record.at, &unrecorded)) return;
    if (unrecorded > 0)
      absl::StrAppend(&detail, " (and ", unrecorded, " more before, not recorded)");
  }
  record.who = Bounded(caller.name);
  record.role = ToString(caller.role);
  record.door = Bounded(caller.door);
  record.from = Bounded(caller.from);
  record.action = Bounded(absl::StrCat(
      answered.request.method, " ",
      answered.route == nullptr ? "of no resource" : std::string(answered.route->path)));
  record.object = Bounded(absl::StrJoin(
      answered.names, " ", [](std::string* out, std::string_view name) { out->append(name); }));
  record.outcome = absl::StrCat(answered.response.status);
  record.detail = Bounded(std::move(detail));
  LOG(INFO) << "audit: " << absl::CHexEscape(record.who) << " (" << record.role << ", "
            << absl::CHexEscape(record.door) << " " << absl::CHexEscape(record.from)
            << "): " << absl::CHexEscape(record.action) << " " << absl::CHexEscape(record.object)
            << (record.object.empty() ? "" : " ") << record.outcome;
  if (const absl::Status status = store_.Audit(record); !status.ok())
    LOG(ERROR) << "audit: the line before is not in the store: " << status.message();
  events_.Say(Topic::kAudit, EventOf(record));
}

bool AuditWitness::TakeStranger(absl::Time now, uint64_t* unrecorded) {
  const std::lock_guard<std::mutex> lock(lock_);
  if (now - minute_ >= absl::Minutes(1) || now < minute_) {
    minute_ = now;
    in_minute_ = 0;
  }
  if (in_minute_ >= admin_bounds::kStrangersAudited) {
    ++unrecorded_;
    return false;
  }
  ++in_minute_;
  *unrecorded = unrecorded_;
  unrecorded_ = 0;
  return true;
}

}  // namespace sluice
