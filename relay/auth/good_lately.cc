#include "relay/auth/good_lately.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "core/limits.h"
#include "core/wipe.h"

namespace sluice {
namespace {

// Other bits than those that scatter digests in the CredentialCache.
uint16_t MarkOf(const CredentialCache::Digest& digest) {
  return static_cast<uint16_t>(digest[30] << 8 | digest[31]);
}

std::string_view BytesOf(const uint64_t& number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

}  // namespace

GoodLately::GoodLately(const Key& key)
    : key_(key), sources_(limits::kGoodLatelyEntries), users_(limits::kGoodLatelyEntries) {
  static_assert(limits::kGoodLatelyEntries % kWays == 0 &&
                sizeof(Key) == crypto_shorthash_KEYBYTES);
}

GoodLately::~GoodLately() {
  Wipe(key_.data(), key_.size());
  Wipe(users_.data(), users_.size() * sizeof(Entry));
}

uint64_t GoodLately::Scatter(std::string_view bytes) const {
  uint64_t scattered = 0;
  static_assert(sizeof(scattered) == crypto_shorthash_BYTES);
  crypto_shorthash(reinterpret_cast<uint8_t*>(&scattered),
                   reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), key_.data());
  return scattered;
}

// Its entry, or the one of its set that ends first.
GoodLately::Entry* GoodLately::Find(Table& table, uint64_t place, uint64_t who) {
  Entry* set = &table[place % (table.size() / kWays) * kWays];
  Entry* entry = std::find_if(set, set + kWays, [who](const Entry& e) { return e.who == who; });
  if (entry != set + kWays) return entry;
  return std::min_element(set, set + kWays,
                          [](const Entry& a, const Entry& b) { return a.until < b.until; });
}

void GoodLately::Note(uint64_t source, std::string_view user, const CredentialCache::Digest& digest,
                      absl::Time now) {
  const uint64_t source_place = Scatter(BytesOf(source));
  const uint64_t user_place = Scatter(user);
  const absl::Time until = now + limits::kGoodLatelyKept;
  const std::lock_guard<std::mutex> lock(mutex_);
  *Find(sources_, source_place, source) = Entry{source, until, 0};
  *Find(users_, user_place, user_place) = Entry{user_place, until, MarkOf(digest)};
  any_.store(true, std::memory_order_release);
}

bool GoodLately::Knows(uint64_t source, std::string_view user,
                       const CredentialCache::Digest& digest, absl::Time now) {
  if (!any_.load(std::memory_order_acquire)) return false;
  const uint64_t source_place = Scatter(BytesOf(source));
  const uint64_t user_place = Scatter(user);
  const std::lock_guard<std::mutex> lock(mutex_);
  const Entry* known = Find(sources_, source_place, source);
  if (known->who == source && now < known->until) return true;
  known = Find(users_, user_place, user_place);
  return known->who == user_place && now < known->until && known->mark == MarkOf(digest);
}

}  // namespace sluice
