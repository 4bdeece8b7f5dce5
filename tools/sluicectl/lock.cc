// lock: who is kept out, above all rules.

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/units.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

// "user=mallory" and the like.
absl::StatusOr<Json> OrderOf(const Errand& errand) {
  constexpr std::array<std::string_view, 3> kKeys = {"user", "client", "destination"};
  Json order = Json::object();
  for (size_t i = 1; i < errand.arguments.words.size(); ++i) {
    const std::string& word = errand.arguments.words[i];
    const size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    if (equals == std::string::npos ||
        std::find(kKeys.begin(), kKeys.end(), std::string_view(key)) == kKeys.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("lock: expected user=, client= or destination=, found ", SafeText(word),
                       "; for instance user=mallory"));
    }
    order[key] = word.substr(equals + 1);
  }
  for (const char* option : {"expires", "reason"}) {
    if (errand.arguments.Has(option)) order[option] = errand.arguments.Get(option);
  }
  return order;
}

void ShowLocks(Errand& errand, const Json& answer, const Json& locks) {
  Table table({{"LOCK", Column::Side::kRight},
               {"USER", Column::Side::kLeft, false, 8},
               {"CLIENT", Column::Side::kLeft, false, 12},
               {"DESTINATION", Column::Side::kLeft, false, 12},
               {"EXPIRES", Column::Side::kLeft, false, 10},
               {"BY", Column::Side::kLeft, false, 8},
               {"ENDED", Column::Side::kRight},
               {"REASON", Column::Side::kLeft, false, 12}});
  for (const Json& lock : locks) {
    table.Add({TextOf(lock, "id"), TextOf(lock, "user"), TextOf(lock, "client"),
               TextOf(lock, "destination"), TextOf(lock, "expires"), TextOf(lock, "by"),
               TextOf(lock, "ended"), TextOf(lock, "reason")});
  }
  errand.Show(table, answer,
              {"id", "user", "client", "destination", "expires", "reason", "by", "at", "ended"},
              locks);
}

}  // namespace

absl::Status RunLock(Errand& errand) {
  const std::vector<std::string>& words = errand.arguments.words;
  if (words[0] == "list" && words.size() == 1) {
    const absl::StatusOr<Json> answer = AskJson(errand.door, Get("locks"));
    if (!answer.ok()) return answer.status();
    ShowLocks(errand, *answer, ListOf(*answer, "locks"));
    return absl::OkStatus();
  }
  if (words[0] == "add" && words.size() > 1) {
    const absl::StatusOr<Json> order = OrderOf(errand);
    if (!order.ok()) return order.status();
    const absl::StatusOr<Json> lock = AskJson(errand.door, Post("locks", *order));
    if (!lock.ok()) return lock.status();
    ShowLocks(errand, *lock, Json::array({*lock}));
    return absl::OkStatus();
  }
  if (words[0] == "remove" && words.size() == 2) {
    return AskText(errand.door, {.method = "DELETE",
                                 .path = "/api/v1/locks/" + PathSegment(words[1]),
                                 .may_be_gone = true})
        .status();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("lock: expected list, add KEY=VALUE... or remove ID, found ", SafeText(words[0]),
                   "; see sluicectl help lock"));
}

}  // namespace sluice
