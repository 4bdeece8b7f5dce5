#ifndef SLUICE_TOOLS_ADMIN_ADMINISTERED_H_
#define SLUICE_TOOLS_ADMIN_ADMINISTERED_H_

// Administered: everything that the administrator's door asks of the gateway it belongs to. The
// daemon is one (tools/sluiced/administration.h). Called on the threads of handlers, which may
// wait.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/counters.h"
#include "core/histograms.h"
#include "policy/config.h"
#include "policy/snapshot.h"
#include "policy/warnings.h"
#include "relay/live_sessions.h"
#include "relay/rule_counts.h"
#include "tools/admin/store/store.h"

namespace sluice {

// What never changes while the process runs.
struct ProcessFacts {
  std::string version;
  int pid = 0;
  absl::Time started;
  size_t shards = 0;
  int sessions_most = 0;
};

// A configuration as it was read, kept for as long as anybody looks at it.
struct LoadedConfig {
  std::string path;  // empty: the one that is built in
  std::string text;
  std::string sha256;                        // of the text
  std::set<std::string, std::less<>> lists;  // the files that it names
  // What the policy in force was compiled from: as the text says, below the rules of locks.
  Config config;
  size_t locks = 0;      // so many of the first rules are those of locks,
  size_t own_lists = 0;  // and the lists from this place on
  // Who brought it into force through the door, and why; empty: it was read from the file.
  std::string by;
  std::string message;
  uint64_t generation = 0;
  absl::Time loaded;
};

struct ReloadOutcome {
  absl::Status status;
  absl::Time at;
  uint64_t generation = 0;  // in force afterwards
};

// What would become of a configuration.
struct CheckOutcome {
  absl::Status status;  // of reading and compiling it, and of its tests
  size_t tests_passed = 0;
  size_t tests_failed = 0;
  absl::Status tests;  // what those that failed say
  std::vector<Warning> warnings;
  std::shared_ptr<const Snapshot> snapshot;  // null where it does not compile
};

enum class LifeState : uint8_t { kServing, kDraining };

struct Entrance;  // entrance.h
class Changes;    // changes.h
class Traces;     // relay/traces.h

class Administered {
 public:
  virtual ~Administered() = default;

  virtual const ProcessFacts& facts() const = 0;
  virtual LifeState state() const = 0;
  // What the door keeps of itself.
  virtual Entrance& entrance() = 0;
  virtual Store& store() = 0;
  // How another policy comes into force.
  virtual Changes& changes() = 0;
  // The last lines of the log that were warnings or worse.
  virtual std::string recent_warnings() const = 0;
  // As SIGTERM does. False where it drains already.
  virtual bool AskToDrain() = 0;
  virtual Counters::Totals Count() const = 0;
  // Of each shard.
  virtual std::vector<const Histograms*> histograms() const = 0;
  // By the names of rules, also of those that are no longer in force. Times are calendar's.
  virtual std::map<std::string, RuleCounts::Counts, std::less<>> CountRules() const = 0;
  virtual std::vector<std::string> listening() const = 0;

  // --- Live sessions, as relay/live_sessions.h has them
  // Where to go on from: nothing behind the last one of all.
  virtual std::optional<LiveSessions::Cursor> ForEachSession(
      const LiveSessions::Cursor& from, absl::FunctionRef<bool(const LiveSession&)> visit) = 0;
  // `why`: a literal. Says how many were still there.
  virtual size_t EndSessions(absl::Span<const LiveSessions::Name> names, std::string_view why) = 0;

  virtual Traces& traces() = 0;

  // --- Configuration
  virtual std::shared_ptr<const LoadedConfig> config() const = 0;
  // Both of one generation, good until `ask` returns.
  virtual void AskPolicy(absl::FunctionRef<void(const LoadedConfig&, const Snapshot&)> ask) = 0;
  virtual ReloadOutcome last_reload() const = 0;
  // As SIGHUP does; returns when it has been done.
  virtual ReloadOutcome Reload() = 0;
  // `trusted`: may name any file that the process can read, else only those that the configuration
  // in force names.
  virtual CheckOutcome Check(const std::string& text, bool trusted) = 0;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_ADMINISTERED_H_
