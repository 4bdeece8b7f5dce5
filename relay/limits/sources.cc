#include "relay/limits/sources.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "glog/logging.h"

namespace sluice {

bool Source::Take(Holding what, int most) {
  if (count(what).fetch_add(1, std::memory_order_relaxed) < most || most == 0) return true;
  Give(what);
  return false;
}

bool Source::TakeWithPlace(Holding what, int most, int free) {
  const int64_t places =
      int64_t{held(Holding::kSessions)} + held(Holding::kAssociations) + held(Holding::kBinds);
  return (places < limits::kModestHoldings || places <= int64_t{limits::kShareOfFree} * free) &&
         Take(what, most);
}

// calloc's large blocks are zero pages that cost nothing before they are touched.
Sources::Sources(const Key& key)
    : key_(key),
      words_(static_cast<uint64_t*>(std::calloc(limits::kSourcesMax, sizeof(uint64_t)))),
      sources_(static_cast<Source*>(std::calloc(limits::kSourcesMax, sizeof(Source)))) {
  static_assert(limits::kSourcesMax % kWays == 0 && sizeof(Key) == crypto_shorthash_KEYBYTES);
  static_assert(sizeof(Source) == 32);
  if (words_ == nullptr || sources_ == nullptr) throw std::bad_alloc();
}

Source* Sources::Enter(const Address& client) {
  const uint64_t network = NetworkOf(client);
  uint8_t digest[crypto_shorthash_BYTES];
  crypto_shorthash(digest, reinterpret_cast<const uint8_t*>(&network), sizeof(network),
                   key_.data());
  uint64_t hash = 0;
  std::memcpy(&hash, digest, sizeof(hash));
  const size_t set = hash % (limits::kSourcesMax / kWays) * kWays;
  const uint64_t name = hash & ~kEnteredMask;
  for (;;) {
    size_t free = limits::kSourcesMax;
    uint64_t free_word = 0;
    for (size_t way = set; way < set + kWays; ++way) {
      if (EnterFound(word(way), name)) return &sources_[way];
      const uint64_t seen = word(way).load(std::memory_order_relaxed);
      if ((seen & kEnteredMask) != 0 || free < limits::kSourcesMax) continue;
      free = way;
      free_word = seen;
    }
    if (free == limits::kSourcesMax) return nullptr;
    // Somebody else took it: it may have been for the same source, so look again.
    if (word(free).compare_exchange_strong(free_word, name | 1, std::memory_order_acq_rel))
      return &sources_[free];
  }
}

// One more of the source that is there, unless it is another one, or the last has just left.
bool Sources::EnterFound(std::atomic_ref<uint64_t> at, uint64_t name) {
  uint64_t seen = at.load(std::memory_order_relaxed);
  while ((seen & ~kEnteredMask) == name && (seen & kEnteredMask) != 0) {
    if (at.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel)) return true;
  }
  return false;
}

void Sources::EnterAgain(Source& source) {
  word(IndexOf(source)).fetch_add(1, std::memory_order_relaxed);
}

void Sources::Leave(Source& source) {
  const uint64_t before = word(IndexOf(source)).fetch_sub(1, std::memory_order_acq_rel);
  CHECK_NE(before & kEnteredMask, 0u) << "a source was left more often than entered";
}

size_t Sources::entered() const {
  size_t count = 0;
  for (size_t i = 0; i < limits::kSourcesMax; ++i) count += (word(i).load() & kEnteredMask) != 0;
  return count;
}

bool Sources::settled() const {
  for (size_t i = 0; i < limits::kSourcesMax; ++i) {
    const uint64_t seen = word(i).load();
    if (seen == 0 || (seen & kEnteredMask) != 0) continue;  // nobody yet, or still there
    for (size_t what = 0; what < Source::kKinds; ++what) {
      if (sources_[i].held(static_cast<Holding>(what)) != 0) return false;
    }
  }
  return true;
}

}  // namespace sluice
