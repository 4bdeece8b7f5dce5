#include "relay/auth/auth_throttle.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "core/limits.h"
#include "relay/auth/source.h"

namespace sluice {
namespace {

bool Forgotten(absl::Time failed, const AuthThrottle::Terms& terms, absl::Time now) {
  return now - failed >= terms.refuse_for;
}

}  // namespace

AuthThrottle::AuthThrottle(const Key& key)
    : key_(key), good_lately_(key), sources_(limits::kAuthSourcesMax) {
  static_assert(limits::kAuthSourcesMax % kWays == 0 && sizeof(Key) == crypto_shorthash_KEYBYTES);
}

AuthThrottle::Source* AuthThrottle::SetOf(uint64_t network) {
  uint8_t hash[crypto_shorthash_BYTES];
  crypto_shorthash(hash, reinterpret_cast<const uint8_t*>(&network), sizeof(network), key_.data());
  uint64_t place = 0;
  std::memcpy(&place, hash, sizeof(place));
  return &sources_[place % (sources_.size() / kWays) * kWays];
}

AuthThrottle::Standing AuthThrottle::StandingOf(const Address& client, const Terms& terms,
                                                absl::Time now) {
  if (!any_.load(std::memory_order_acquire)) return {};
  const uint64_t network = SourceOf(client);
  const std::lock_guard<std::mutex> lock(mutex_);
  const Source* set = SetOf(network);
  const Source* source = std::find_if(
      set, set + kWays, [&](const Source& s) { return s.failures > 0 && s.network == network; });
  if (source == set + kWays || Forgotten(source->failed, terms, now)) return {};
  const int failures = static_cast<int>(std::min<uint32_t>(source->failures, INT32_MAX));
  Standing standing;
  standing.failed = true;
  standing.refused = terms.refuse_after > 0 && failures >= terms.refuse_after;
  if (terms.slow_after > 0 && failures >= terms.slow_after) {
    standing.delay =
        std::min(limits::kAuthDelayStep * (failures - terms.slow_after + 1), limits::kAuthDelayMax);
  }
  return standing;
}

void AuthThrottle::NoteFailure(const Address& client, const Terms& terms, absl::Time now) {
  const uint64_t network = SourceOf(client);
  const std::lock_guard<std::mutex> lock(mutex_);
  Source* set = SetOf(network);
  Source* source = std::find_if(
      set, set + kWays, [&](const Source& s) { return s.failures > 0 && s.network == network; });
  if (source == set + kWays) {
    source = std::min_element(set, set + kWays,
                              [](const Source& a, const Source& b) { return a.failed < b.failed; });
    *source = Source{network, absl::InfinitePast(), 0};
  }
  source->failures = Forgotten(source->failed, terms, now) ? 1 : source->failures + 1;
  source->failed = now;
  any_.store(true, std::memory_order_release);
}

}  // namespace sluice
