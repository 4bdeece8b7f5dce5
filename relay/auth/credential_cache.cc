#include "relay/auth/credential_cache.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/limits.h"
#include "core/wipe.h"

namespace sluice {

CredentialCache::CredentialCache(const Key& key) : key_(key), entries_(limits::kAuthCacheEntries) {
  static_assert(limits::kAuthCacheEntries % kWays == 0);
  static_assert(sizeof(Key) == crypto_generichash_KEYBYTES &&
                sizeof(Digest) == crypto_generichash_BYTES);
}

CredentialCache::~CredentialCache() {
  Wipe(key_.data(), key_.size());
  Wipe(entries_.data(), entries_.size() * sizeof(Entry));
}

CredentialCache::Digest CredentialCache::DigestOf(const Credentials& credentials) const {
  // The length in front, so that no other split of the same bytes has the same digest.
  std::array<uint8_t, 1 + limits::kUserNameBytesMax + limits::kPasswordBytesMax> bytes;
  const size_t user_size = std::min(credentials.user.size(), limits::kUserNameBytesMax);
  const size_t password_size = std::min(credentials.password.size(), limits::kPasswordBytesMax);
  bytes[0] = static_cast<uint8_t>(user_size);
  std::memcpy(bytes.data() + 1, credentials.user.data(), user_size);
  std::memcpy(bytes.data() + 1 + user_size, credentials.password.data(), password_size);
  const size_t size = 1 + user_size + password_size;
  Digest digest;
  crypto_generichash(digest.data(), digest.size(), bytes.data(), size, key_.data(), key_.size());
  Wipe(bytes.data(), size);
  return digest;
}

CredentialCache::Entry* CredentialCache::SetOf(const Digest& digest) {
  uint64_t place = 0;
  std::memcpy(&place, digest.data(), sizeof(place));
  return &entries_[place % (entries_.size() / kWays) * kWays];
}

bool CredentialCache::Knows(const Digest& digest, uint64_t generation, absl::Time now) {
  Entry* set = SetOf(digest);
  for (Entry* entry = set; entry != set + kWays; ++entry) {
    if (entry->digest != digest) continue;
    return entry->generation == generation && now < entry->until;
  }
  return false;
}

void CredentialCache::Remember(const Digest& digest, uint64_t generation, absl::Time until) {
  Entry* set = SetOf(digest);
  Entry* entry = std::find_if(set, set + kWays, [&](const Entry& e) { return e.digest == digest; });
  if (entry == set + kWays) {
    // One of an old snapshot is worth nothing; else the one that ends first goes.
    entry = std::min_element(set, set + kWays, [generation](const Entry& a, const Entry& b) {
      return std::make_pair(a.generation == generation, a.until) <
             std::make_pair(b.generation == generation, b.until);
    });
  }
  *entry = Entry{digest, generation, until};
}

}  // namespace sluice
