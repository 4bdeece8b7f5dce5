// What administrators did at the door, and whether the record of it is what was written.

#include <algorithm>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/units.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

constexpr size_t kPage = 1000;  // the largest that the door gives
constexpr size_t kUsual = 100;

const std::vector<const char*> kFields = {"number", "at",     "who",     "role",   "door", "from",
                                          "action", "object", "outcome", "detail", "hash"};

Table AuditTable(const Json& records) {
  Table table({{"NUMBER", Column::Side::kRight},
               {"AT"},
               {"WHO", Column::Side::kLeft, false, 5},
               {"ROLE", Column::Side::kLeft, true},
               {"DOOR", Column::Side::kLeft, true},
               {"FROM", Column::Side::kLeft, false, 8},
               {"ACTION", Column::Side::kLeft, false, 20},
               {"OBJECT", Column::Side::kLeft, false, 8},
               {"OUTCOME"},
               {"DETAIL", Column::Side::kLeft, false, 10},
               {"HASH", Column::Side::kLeft, true}});
  for (const Json& one : records) {
    std::vector<std::string> cells;
    for (const char* field : kFields) cells.push_back(TextOf(one, field));
    table.Add(std::move(cells));
  }
  return table;
}

absl::StatusOr<Json> ListAudit(Door& door, size_t most) {
  Json all = {{"records", Json::array()}, {"next", nullptr}};
  Json& records = all["records"];
  std::string before;
  while (records.size() < most) {
    Question question{.path = "/api/v1/audit"};
    question.keys.emplace_back("limit", absl::StrCat(std::min(kPage, most - records.size())));
    if (!before.empty()) question.keys.emplace_back("before", before);
    absl::StatusOr<Json> page = AskJson(door, question);
    if (!page.ok()) return page.status();
    for (const Json& record : ListOf(*page, "records")) records.push_back(record);
    std::string next = TextOf(*page, "next");
    all["next"] = FieldOf(*page, "next");
    if (next.empty() || next == before) break;
    before = std::move(next);
  }
  return all;
}

absl::Status Verify(Errand& errand) {
  const absl::StatusOr<Json> verdict = AskJson(errand.door, {.path = "/api/v1/audit:verify"});
  if (!verdict.ok()) return verdict.status();
  const std::string records = Counted(NumberOf(*verdict, "records"), "record", "records");
  const bool good = TrueOf(*verdict, "ok");
  errand.ShowScreen(good ? absl::StrCat(records, ", all as they were written\n") : "", *verdict,
                    {"ok", "records", "broken_at"}, Json::array({*verdict}));
  if (good) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("expected the audit as it was written, found record ",
                   SafeText(TextOf(*verdict, "broken_at")), " of ", records,
                   " changed, missing or put in; the gateway's log has the same lines"));
}

}  // namespace

absl::Status RunAudit(Errand& errand) {
  const std::vector<std::string>& words = errand.arguments.words;
  if (!words.empty()) {
    if (words[0] == "verify") return Verify(errand);
    return absl::InvalidArgumentError(absl::StrCat("expected verify or nothing, found \"",
                                                   SafeText(words[0]), "\"; sluicectl help audit"));
  }
  size_t most = kUsual;
  const std::string limit = errand.arguments.Get("limit");
  if (!limit.empty() && (!absl::SimpleAtoi(limit, &most) || most == 0)) {
    return absl::InvalidArgumentError(absl::StrCat("--limit: expected a number above 0, found \"",
                                                   SafeText(limit), "\"; leave it away for 100"));
  }
  const absl::StatusOr<Json> found = ListAudit(errand.door, most);
  if (!found.ok()) return found.status();
  const Json& records = ListOf(*found, "records");
  errand.Show(AuditTable(records), *found, kFields, records);
  return absl::OkStatus();
}

}  // namespace sluice
