#ifndef SLUICE_RELAY_RULE_COUNTS_H_
#define SLUICE_RELAY_RULE_COUNTS_H_

// RuleCounts: what a shard has counted for each rule, by the rule's name, so that it goes on over
// reloads; and the names themselves, which sessions keep as a number, because the snapshot that has
// let them in may be long gone. The shard's thread writes, without a locked instruction; any thread
// may read (ForEach).
//
// The table has a fixed size and forgets nothing: after kRuleNamesMax different names further ones
// share the entry "other rules".

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "absl/time/time.h"
#include "core/limits.h"

namespace sluice {

class RuleCounts {
 public:
  struct Counts {
    uint64_t hits = 0;      // requests that it decided
    uint64_t sessions = 0;  // of now: those that it decided
    uint64_t bytes_up = 0;
    uint64_t bytes_down = 0;
    absl::Time first = absl::InfiniteFuture();  // hit; of the shard's clock
    absl::Time last = absl::InfinitePast();

    void Add(const Counts& other) {
      hits += other.hits;
      sessions += other.sessions;
      bytes_up += other.bytes_up;
      bytes_down += other.bytes_down;
      first = std::min(first, other.first);
      last = std::max(last, other.last);
    }
  };
  // Of a session.
  using Entry = uint32_t;
  static constexpr Entry kNone = 0;  // no rule has been asked yet
  static constexpr std::string_view kOthers = "other rules";

  // `most`: other than kRuleNamesMax for tests.
  explicit RuleCounts(size_t most = limits::kRuleNamesMax);
  RuleCounts(const RuleCounts&) = delete;
  RuleCounts& operator=(const RuleCounts&) = delete;

  // --- The shard's thread

  // One session more; Leave for each Enter.
  Entry Enter(std::string_view name);
  void Leave(Entry entry);
  void Hit(Entry entry, absl::Time now);
  void Move(Entry entry, uint64_t bytes_up, uint64_t bytes_down);
  // Empty for kNone.
  std::string_view NameOf(Entry entry) const;

  // --- Any thread

  // visit(name, counts) for each name that has been entered.
  template <typename Visit>
  void ForEach(Visit visit) const {
    const uint32_t used = used_.load(std::memory_order_acquire);
    for (Entry entry = 1; entry < used; ++entry) visit(NameOf(entry), Read(entry));
  }

 private:
  // Plain, because fresh zeroed memory must be an empty table: large blocks of calloc cost nothing
  // before they are touched.
  struct Row {
    uint64_t hits;
    uint64_t sessions;
    uint64_t bytes_up;
    uint64_t bytes_down;
    int64_t first_ns;
    int64_t last_ns;
    uint8_t name_size;
    char name[limits::kRuleNameBytesMax];
  };
  static_assert(sizeof(Row) <= 112);
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  // Its only writer is this thread.
  template <typename Number>
  static void Add(Number& number, Number n) {
    const std::atomic_ref<Number> at(number);
    at.store(at.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  Entry Find(std::string_view name);
  Counts Read(Entry entry) const;

  const size_t most_;
  const size_t mask_;  // of index_, whose size is a power of two
  std::unique_ptr<Row[], Free> rows_;
  std::unique_ptr<Entry[], Free> index_;  // open addressing; 0: free
  std::atomic<uint32_t> used_;            // rows_ below it are
};

}  // namespace sluice

#endif  // SLUICE_RELAY_RULE_COUNTS_H_
