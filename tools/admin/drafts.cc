#include "tools/admin/drafts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tools/admin/sha256.h"

namespace sluice {
namespace {

size_t BytesOf(const Draft& draft) { return draft.text.size() + draft.base.text.size(); }

}  // namespace

std::string Draft::etag() const {
  return absl::StrCat("\"", Sha256Of(absl::StrCat(base.sha256, "\n", text)), "\"");
}

absl::StatusOr<Draft> Drafts::Add(Draft draft, absl::Time now) {
  const std::lock_guard<std::mutex> lock(lock_);
  if (drafts_.size() >= kMost) {
    return absl::ResourceExhaustedError(absl::StrCat("expected fewer than ", kMost,
                                                     " drafts, found as many; delete one that "
                                                     "nobody needs"));
  }
  if (absl::Status status = MayHold(BytesOf(draft), 0); !status.ok()) return status;
  draft.id = absl::StrCat("d", ++last_);
  if (draft.name.empty()) draft.name = absl::StrCat("draft ", last_);
  draft.created = draft.changed = now;
  draft.changed_by = draft.author;
  return drafts_[draft.id] = std::move(draft);
}

absl::StatusOr<Draft> Drafts::Find(std::string_view id) const {
  const std::lock_guard<std::mutex> lock(lock_);
  const auto found = drafts_.find(id);
  if (found == drafts_.end()) return Missing(id);
  return found->second;
}

std::vector<Draft> Drafts::List() const {
  const std::lock_guard<std::mutex> lock(lock_);
  std::vector<Draft> drafts;
  for (const auto& [id, draft] : drafts_) drafts.push_back(draft);
  std::sort(drafts.begin(), drafts.end(), [](const Draft& a, const Draft& b) {
    return std::pair(a.id.size(), a.id) < std::pair(b.id.size(), b.id);
  });
  return drafts;
}

absl::StatusOr<Draft> Drafts::Write(std::string_view id, std::string_view etag, std::string text,
                                    const std::string& by, absl::Time now) {
  const std::lock_guard<std::mutex> lock(lock_);
  const absl::StatusOr<Draft*> draft = Checked(id, etag);
  if (!draft.ok()) return draft.status();
  if (absl::Status status = MayHold(text.size(), (*draft)->text.size()); !status.ok())
    return status;
  (*draft)->text = std::move(text);
  (*draft)->changed = now;
  (*draft)->changed_by = by;
  (*draft)->problems.reset();
  return **draft;
}

absl::StatusOr<Draft> Drafts::Rebase(std::string_view id, std::string_view etag, DraftOrigin base,
                                     std::string text, const std::string& by, absl::Time now) {
  const std::lock_guard<std::mutex> lock(lock_);
  const absl::StatusOr<Draft*> draft = Checked(id, etag);
  if (!draft.ok()) return draft.status();
  if (absl::Status status = MayHold(text.size() + base.text.size(), BytesOf(**draft)); !status.ok())
    return status;
  (*draft)->base = std::move(base);
  (*draft)->text = std::move(text);
  (*draft)->changed = now;
  (*draft)->changed_by = by;
  (*draft)->problems.reset();
  return **draft;
}

absl::StatusOr<Draft> Drafts::Rename(std::string_view id, std::string name) {
  const std::lock_guard<std::mutex> lock(lock_);
  const auto found = drafts_.find(id);
  if (found == drafts_.end()) return Missing(id);
  found->second.name = std::move(name);
  return found->second;
}

absl::Status Drafts::Remove(std::string_view id) {
  const std::lock_guard<std::mutex> lock(lock_);
  const auto found = drafts_.find(id);
  if (found == drafts_.end()) return Missing(id);
  drafts_.erase(found);
  return absl::OkStatus();
}

void Drafts::NoteProblems(std::string_view id, std::string_view etag, size_t problems) {
  const std::lock_guard<std::mutex> lock(lock_);
  const auto found = drafts_.find(id);
  if (found != drafts_.end() && found->second.etag() == etag) found->second.problems = problems;
}

void Drafts::Restore(std::vector<Draft> drafts) {
  const std::lock_guard<std::mutex> lock(lock_);
  for (Draft& draft : drafts) {
    uint64_t number = 0;
    if (draft.id.size() < 2 || !absl::SimpleAtoi(draft.id.substr(1), &number)) continue;
    if (drafts_.size() >= kMost || !MayHold(BytesOf(draft), 0).ok()) return;
    last_ = std::max(last_, number);
    drafts_[draft.id] = std::move(draft);
  }
}

absl::StatusOr<Draft*> Drafts::Checked(std::string_view id, std::string_view etag) {
  const auto found = drafts_.find(id);
  if (found == drafts_.end()) return Missing(id);
  Draft& draft = found->second;
  if (draft.etag() == etag) return &draft;
  return absl::AbortedError(absl::StrCat(
      "expected the draft as If-Match says, found that ", absl::CHexEscape(draft.changed_by),
      " has changed it at ", absl::FormatTime("%H:%M:%S", draft.changed, absl::UTCTimeZone()),
      " UTC; read it again, and make your change in what it is now"));
}

absl::Status Drafts::MayHold(size_t more, size_t less) const {
  size_t sum = more;
  for (const auto& [id, draft] : drafts_) sum += BytesOf(draft);
  if (sum - less <= kBytesMost) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("expected drafts of at most ", kBytesMost >> 20,
                                                   " MB together, found more; delete one that "
                                                   "nobody needs"));
}

absl::Status Drafts::Missing(std::string_view) const {
  return absl::NotFoundError(
      "expected a draft that is there, such as d1, found none of that id; GET /api/v1/drafts lists "
      "them");
}

}  // namespace sluice
