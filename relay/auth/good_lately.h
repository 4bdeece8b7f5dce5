#ifndef SLUICE_RELAY_AUTH_GOOD_LATELY_H_
#define SLUICE_RELAY_AUTH_GOOD_LATELY_H_

// GoodLately: which sources and which credentials were right in the last day, over reloads, so that
// their next check need not wait behind those of strangers. It lets nobody in: what it knows is
// only worth a better place in line. Of credentials it keeps sixteen bits of a keyed digest, by a
// user that is scattered by the same key: a core file tells too little by them to find a password.
// Nobody learns from it whether a user exists, because only who has the right password is known.
//
// One for all shards, so that a user is known wherever Linux puts him. Fixed memory: where a set is
// full, who was right longest ago is forgotten. Any thread; a mutex is held for a few compares, and
// not at all while nobody was right.

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "absl/time/time.h"
#include "relay/auth/credential_cache.h"

namespace sluice {

class GoodLately {
 public:
  using Key = std::array<uint8_t, 16>;
  // `key` makes places unpredictable.
  explicit GoodLately(const Key& key);
  ~GoodLately();
  GoodLately(const GoodLately&) = delete;
  GoodLately& operator=(const GoodLately&) = delete;

  void Note(uint64_t source, std::string_view user, const CredentialCache::Digest& digest,
            absl::Time now);
  // The source was, or the credentials were.
  bool Knows(uint64_t source, std::string_view user, const CredentialCache::Digest& digest,
             absl::Time now);

 private:
  struct Entry {
    uint64_t who = 0;
    absl::Time until = absl::InfinitePast();
    uint16_t mark = 0;
  };
  using Table = std::vector<Entry>;  // sets of kWays
  static constexpr size_t kWays = 4;

  uint64_t Scatter(std::string_view bytes) const;
  static Entry* Find(Table& table, uint64_t place, uint64_t who);

  Key key_;
  std::atomic<bool> any_ = false;  // since the start
  std::mutex mutex_;
  Table sources_;
  Table users_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_GOOD_LATELY_H_
