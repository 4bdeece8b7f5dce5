#ifndef SLUICE_RELAY_LIMITS_SOURCES_H_
#define SLUICE_RELAY_LIMITS_SOURCES_H_

// Sources: what each source holds of the gateway, all shards together. A source is an IPv4 address
// or an IPv6 /64, the least that one host is given.
//
// The table has a fixed size. A source is in it from the first Enter to the last Leave, and its
// place is free again at once. Where there is no place for one it is not counted (null): that takes
// more sources at a time than any single one can be.
//
// Any thread, without a lock: a source is found, added and dropped by compare-and-swap of one word,
// which has a part of its hash and how many have entered. The hash has a random key, so nobody can
// choose whom he shares a set with, and two sources have the same word once in 2^53 pairs. Two
// shards that see a new source in the same nanoseconds while another leaves its set may give it two
// places: then it may hold twice as much, until one of the two is empty.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "core/address.h"
#include "core/limits.h"

namespace sluice {

// What a source has some of.
enum class Holding : uint8_t { kHandshakes, kSessions, kAssociations, kBinds, kNames };

class Source {
 public:
  // Takes one more, where fewer than `most` are held (0: no bound).
  bool Take(Holding what, int most);
  // The same of what takes a place (sessions, associations, BINDs), of which `free` are left: of
  // the last ones nobody gets one who has many already.
  bool TakeWithPlace(Holding what, int most, int free);
  void Give(Holding what) { count(what).fetch_sub(1, std::memory_order_relaxed); }
  int held(Holding what) const {
    return const_cast<Source*>(this)->count(what).load(std::memory_order_relaxed);
  }

 private:
  friend class Sources;
  static constexpr size_t kKinds = static_cast<size_t>(Holding::kNames) + 1;

  std::atomic_ref<int> count(Holding what) {
    return std::atomic_ref<int>(held_[static_cast<size_t>(what)]);
  }

  // Plain, because fresh zeroed memory must be a table of nobodies.
  alignas(32) int held_[kKinds];
};

class Sources {
 public:
  using Key = std::array<uint8_t, 16>;
  explicit Sources(const Key& key);
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;

  // Whoever enters leaves once, having given back all that it took. Null: not counted.
  Source* Enter(const Address& client);
  // The same for a source that somebody else has entered and not left.
  void EnterAgain(Source& source);
  void Leave(Source& source);

  // Below kSourcesMax.
  size_t IndexOf(const Source& source) const {
    return static_cast<size_t>(&source - sources_.get());
  }
  // For tests: how many sources are in the table, and whether those that have left have given back
  // all that they had.
  size_t entered() const;
  bool settled() const;

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  static constexpr size_t kWays = 8;                        // words of a set: one cache line
  static constexpr uint64_t kEnteredMask = (1u << 24) - 1;  // more than there can be places

  std::atomic_ref<uint64_t> word(size_t index) const {
    return std::atomic_ref<uint64_t>(words_[index]);
  }
  bool EnterFound(std::atomic_ref<uint64_t> at, uint64_t name);

  const Key key_;
  std::unique_ptr<uint64_t[], Free> words_;  // of each source: its name in the upper bits, and how
                                             // many have entered; nobody: free, whatever the name
  std::unique_ptr<Source[], Free> sources_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LIMITS_SOURCES_H_
