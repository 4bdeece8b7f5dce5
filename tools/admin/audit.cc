// What administrators did: listed in pages, and whether it is what was written.

#include "relay/log/calendar_time.h"
#include "tools/admin/bounds.h"
#include "tools/admin/json.h"
#include "tools/admin/paging.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

Json RecordJson(const AuditRecord& record) {
  return {{"number", record.number},   {"at", CalendarTime(record.at)},
          {"who", record.who},         {"role", record.role},
          {"door", record.door},       {"from", record.from},
          {"action", record.action},   {"object", record.object},
          {"outcome", record.outcome}, {"detail", record.detail},
          {"hash", record.hash}};
}

}  // namespace

HttpResponse AnswerAudit(Administered& gateway, const Asked& asked) {
  const absl::StatusOr<NumberedPage> page = ReadNumberedPage(asked.target);
  if (!page.ok()) return Problem(400, std::string(page.status().message()));
  const absl::StatusOr<std::vector<AuditRecord>> records =
      gateway.store().ListAudit(page->before, page->limit);
  if (!records.ok()) return StoreProblem(records.status());
  Json list = Json::array();
  for (const AuditRecord& record : *records) list.push_back(RecordJson(record));
  const bool more = records->size() == page->limit && records->back().number > 1;
  Json json;
  json["records"] = std::move(list);
  json["next"] = more ? Json(records->back().number) : Json(nullptr);
  return JsonResponse(json);
}

HttpResponse VerifyAudit(Administered& gateway) {
  const absl::StatusOr<AuditVerdict> verdict = gateway.store().VerifyAudit();
  if (!verdict.ok()) return StoreProblem(verdict.status());
  Json json;
  json["ok"] = !verdict->broken_at.has_value();
  json["records"] = verdict->records;
  json["broken_at"] = verdict->broken_at.has_value() ? Json(*verdict->broken_at) : Json(nullptr);
  return JsonResponse(json);
}

}  // namespace sluice
