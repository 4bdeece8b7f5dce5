#ifndef SLUICE_TOOLS_ADMIN_CHANGES_H_
#define SLUICE_TOOLS_ADMIN_CHANGES_H_

// Changes: how another policy comes into force through the door. A draft is applied; with a timer
// it is undone by itself unless somebody confirms it, over a connection made after it was applied,
// which proves that administration still works. The file is written when the change is there to
// stay, so a crash undoes what was not confirmed. Threads: those of handlers, which may wait.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/admin/drafts.h"
#include "tools/admin/lock.h"

namespace sluice {

// A change that is in force and not confirmed.
struct PendingChange {
  std::string draft;  // its id
  std::string by;
  std::string message;
  absl::Time since;
  absl::Time until;     // as the calendar has it; the timer runs on CLOCK_BOOTTIME
  absl::Duration left;  // when it was asked
  uint64_t generation = 0;
};

struct ChangeOrder {
  Draft draft;
  std::string by;
  std::string from;  // the door and the address
  std::string message;
  absl::Duration confirm_within;  // zero: there to stay at once
  bool end_refused = false;
  std::string override_tests;    // why tests that fail do not keep it out; empty: they do
  bool reads_all_files = false;  // else only lists that are in force
};

enum class ChangeFault : uint8_t {
  kNone,
  kPending,        // another change waits for its confirmation
  kNotPending,     // none does
  kBaseMoved,      // something else has come into force since the draft was begun
  kFileDiffers,    // the file was edited by hand
  kOldConnection,  // the confirmation comes over a connection from before
  kUnfit,          // it does not compile, a test fails, or it cannot listen: see the problems
  kNoPlace,        // the file cannot be written
  kStopping,       // the gateway drains
};

struct ChangeOutcome {
  ChangeFault fault = ChangeFault::kNone;
  absl::Status status;   // of a fault: a sentence, or the problems of kUnfit
  int64_t revision = 0;  // in force; 0: none
  uint64_t generation = 0;
  std::optional<PendingChange> pending;
  size_t ended = 0;  // sessions that it refuses
};

// The file that the configuration is kept in.
struct ConfigFileState {
  std::string path;      // empty: there is none yet
  std::string sha256;    // of what is in force, but for locks
  int64_t revision = 0;  // in force; 0: none
  std::string on_disk;   // the SHA-256 of what stands in the file; empty: nothing
  bool differs = false;  // from what was read from it, or written to it, last
  bool writable = false;
};

class Changes {
 public:
  virtual ~Changes() = default;

  virtual Drafts& drafts() = 0;
  virtual ConfigFileState file() const = 0;
  // What stands in the file.
  virtual absl::StatusOr<std::string> ReadDisk() const = 0;

  virtual std::optional<PendingChange> pending() const = 0;
  virtual ChangeOutcome ApplyDraft(const ChangeOrder& order) = 0;
  virtual ChangeOutcome Confirm(const std::string& by, const std::string& from,
                                std::chrono::steady_clock::time_point connected_at) = 0;
  virtual ChangeOutcome Rollback(const std::string& by) = 0;
  virtual ChangeOutcome Extend(const std::string& by, absl::Duration time) = 0;

  virtual std::vector<AccessLock> locks() const = 0;
  // Without id and `ended`, which the answer has. InvalidArgument where it says nothing that a rule
  // could say.
  virtual absl::StatusOr<AccessLock> AddLock(AccessLock lock) = 0;
  virtual absl::Status RemoveLock(uint64_t id, const std::string& by) = 0;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_CHANGES_H_
