// end: by name at once; by filter after a count and a question.

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tools/sluicectl/filter_words.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/sessions.h"
#include "tools/sluicectl/units.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

absl::Status EndByName(Errand& errand) {
  Json answer = {{"ended", 0}};
  std::string gone;
  for (const std::string& name : errand.arguments.words) {
    Question question = SessionQuestion("DELETE", name);
    if (errand.arguments.Has("reason")) {
      question.keys.emplace_back("reason", errand.arguments.Get("reason"));
    }
    const absl::StatusOr<Json> ended = AskJson(errand.door, question);
    if (absl::IsNotFound(ended.status())) {
      absl::StrAppend(&gone, gone.empty() ? "" : ", ", SafeText(name));
    } else if (!ended.ok()) {
      return ended.status();
    } else {
      answer["ended"] = NumberOf(answer, "ended") + NumberOf(*ended, "ended");
    }
  }
  const uint64_t count = NumberOf(answer, "ended");
  if (count > 0 || errand.arguments.format > Format::kWide) {
    errand.ShowScreen(absl::StrCat("ended ", Counted(count, "session", "sessions"), "\n"), answer,
                      {"ended"}, Json::array({answer}));
  }
  if (gone.empty()) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("expected an open session, found that ", gone,
                   " is not open, or no longer; sluicectl sessions has those "
                   "that are"));
}

Question EndByFilter(const Errand& errand, bool dry_run) {
  Json order = {{"filter", FilterOf(errand.arguments.words)}, {"dry_run", dry_run}};
  if (errand.arguments.Has("all")) order["all"] = true;
  if (errand.arguments.Has("reason")) order["reason"] = errand.arguments.Get("reason");
  return Post("sessions:end", order);
}

absl::Status Confirm(Errand& errand) {
  if (!errand.desk.asks()) {
    return absl::InvalidArgumentError(
        "end: expected --yes where nobody can be asked, found none; add it");
  }
  const absl::StatusOr<Json> count = AskJson(errand.door, EndByFilter(errand, true));
  if (!count.ok()) return count.status();
  const uint64_t matched = NumberOf(*count, "matched");
  if (matched == 0) return absl::NotFoundError("no session matches; nothing was ended");
  errand.desk.err << "end " << Counted(matched, "session", "sessions") << "? [y/N] " << std::flush;
  std::string said;
  std::getline(errand.desk.in, said);
  said = absl::AsciiStrToLower(said);
  if (said == "y" || said == "yes") return absl::OkStatus();
  return absl::CancelledError("nothing was ended");
}

}  // namespace

absl::Status RunEnd(Errand& errand) {
  const std::vector<std::string>& words = errand.arguments.words;
  const bool all = errand.arguments.Has("all");
  if (words.empty() == !all) {
    return absl::InvalidArgumentError(
        all ? "end: expected --all or a filter, found both; leave one away"
            : "end: expected SESSION... or FILTER..., found nothing; see sluicectl help end");
  }
  const auto names = std::count_if(words.begin(), words.end(), IsSessionName);
  if (!words.empty() && static_cast<size_t>(names) == words.size()) return EndByName(errand);
  if (names > 0) {
    return absl::InvalidArgumentError(
        "end: expected names of sessions or a filter, found both; session=NAME is a filter");
  }
  if (!errand.arguments.Has("yes")) {
    if (absl::Status status = Confirm(errand); !status.ok()) return status;
  }
  const absl::StatusOr<Json> ended = AskJson(errand.door, EndByFilter(errand, false));
  if (!ended.ok()) return ended.status();
  errand.ShowScreen(
      absl::StrCat("ended ", Counted(NumberOf(*ended, "ended"), "session", "sessions"), "\n"),
      *ended, {"matched", "ended", "dry_run"}, Json::array({*ended}));
  return NumberOf(*ended, "matched") == 0 ? absl::NotFoundError("") : absl::OkStatus();
}

}  // namespace sluice
