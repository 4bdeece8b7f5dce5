#ifndef SLUICE_RELAY_AUTH_CREDENTIAL_CACHE_H_
#define SLUICE_RELAY_AUTH_CREDENTIAL_CACHE_H_

// CredentialCache: which credentials were found good not long ago, so that a user's thousand
// connections cost one slow hash. It knows no user and no password, only a keyed digest (BLAKE2b)
// of both; the key is random per process and never leaves it. Only good credentials are remembered,
// for as long as auth.cache says and as long as the snapshot they were checked against is the
// current one.
//
// Fixed memory; allocates nothing after its start. One thread, the shard's.

#include <array>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "proto/socks5_auth.h"

namespace sluice {

class CredentialCache {
 public:
  using Key = std::array<uint8_t, 32>;
  using Digest = std::array<uint8_t, 32>;

  explicit CredentialCache(const Key& key);
  // The key and what it made.
  ~CredentialCache();
  CredentialCache(const CredentialCache&) = delete;
  CredentialCache& operator=(const CredentialCache&) = delete;

  Digest DigestOf(const Credentials& credentials) const;

  bool Knows(const Digest& digest, uint64_t generation, absl::Time now);
  void Remember(const Digest& digest, uint64_t generation, absl::Time until);

 private:
  struct Entry {
    Digest digest = {};
    uint64_t generation = 0;  // of the snapshot
    absl::Time until = absl::InfinitePast();
  };
  static constexpr size_t kWays = 4;

  Entry* SetOf(const Digest& digest);

  Key key_;
  std::vector<Entry> entries_;  // sets of kWays; a digest has its place in one of them
};

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_CREDENTIAL_CACHE_H_
