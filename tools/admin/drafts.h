#ifndef SLUICE_TOOLS_ADMIN_DRAFTS_H_
#define SLUICE_TOOLS_ADMIN_DRAFTS_H_

// Drafts: configurations that somebody works on, each a whole text with the text that it was begun
// from. Nobody's work is overwritten: who writes says which state of the draft was looked at (its
// ETag), and hears where there is another one by now. Values only, bounded; any thread.

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice {

// What a draft was begun from.
struct DraftOrigin {
  std::string text;
  std::string sha256;      // of `text`
  int64_t revision = 0;    // 0: none
  bool from_disk = false;  // it is the file, which is not what is in force
};

struct Draft {
  std::string id;  // "d1"
  std::string name;
  std::string author;      // who began it
  std::string changed_by;  // who wrote it last
  DraftOrigin base;
  std::string text;
  absl::Time created;
  absl::Time changed;
  // Of the text, as it was found the last time that somebody looked; nothing: nobody has.
  std::optional<size_t> problems;

  // Of the text and of what it was begun from, in quotes as HTTP has it.
  std::string etag() const;
};

class Drafts {
 public:
  // As many as a team has open at a time, and what they may hold together.
  static constexpr size_t kMost = 32;
  static constexpr size_t kBytesMost = 64u << 20;
  static constexpr size_t kNameBytesMax = 100;

  // --- Errors: NotFound where there is no such draft; Aborted where it is not as `etag` says, and
  // who has written it; ResourceExhausted where there would be too many, or too much.

  // `draft`: without id and times, which are given here.
  absl::StatusOr<Draft> Add(Draft draft, absl::Time now);
  absl::StatusOr<Draft> Find(std::string_view id) const;
  std::vector<Draft> List() const;
  absl::StatusOr<Draft> Write(std::string_view id, std::string_view etag, std::string text,
                              const std::string& by, absl::Time now);
  // Onto another base, with the text as it is there.
  absl::StatusOr<Draft> Rebase(std::string_view id, std::string_view etag, DraftOrigin base,
                               std::string text, const std::string& by, absl::Time now);
  absl::StatusOr<Draft> Rename(std::string_view id, std::string name);
  absl::Status Remove(std::string_view id);
  // What was found in the draft as `etag` says; forgotten where it is another one by now.
  void NoteProblems(std::string_view id, std::string_view etag, size_t problems);

  // Those that a run before has left, with their ids.
  void Restore(std::vector<Draft> drafts);

 private:
  absl::StatusOr<Draft*> Checked(std::string_view id, std::string_view etag);
  absl::Status MayHold(size_t more, size_t less) const;
  absl::Status Missing(std::string_view id) const;

  mutable std::mutex lock_;
  std::map<std::string, Draft, std::less<>> drafts_;
  uint64_t last_ = 0;  // of the ids
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_DRAFTS_H_
