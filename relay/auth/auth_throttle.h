#ifndef SLUICE_RELAY_AUTH_AUTH_THROTTLE_H_
#define SLUICE_RELAY_AUTH_AUTH_THROTTLE_H_

// AuthThrottle: who has failed to authenticate, how often, and what it costs: answers that come
// later, then none for a while. A source is what source.h makes of an address. One table for all
// shards, so that nobody gains by being spread over them. It has a fixed size: where it is full of
// sources, the one that failed longest ago is forgotten.
//
// Any thread. A mutex is held for a few compares; it is not touched while nobody has failed.

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "absl/time/time.h"
#include "core/address.h"
#include "policy/auth_settings.h"
#include "relay/auth/good_lately.h"

namespace sluice {

class AuthThrottle {
 public:
  // `key` makes the places of sources unpredictable, so that nobody can have another forgotten on
  // purpose.
  using Key = std::array<uint8_t, 16>;
  explicit AuthThrottle(const Key& key);

  // What the policy in force says: see policy/auth_settings.h.
  struct Terms {
    Terms() = default;
    explicit Terms(const AuthSettings& settings)
        : slow_after(settings.slow_after),
          refuse_after(settings.refuse_after),
          refuse_for(settings.refuse_for) {}
    int slow_after = 0;
    int refuse_after = 0;
    absl::Duration refuse_for;
  };
  struct Standing {
    bool refused = false;  // credentials are refused unchecked
    absl::Duration delay;  // of an answer
    bool failed = false;   // it has, and that is not forgotten
  };
  Standing StandingOf(const Address& client, const Terms& terms, absl::Time now);
  void NoteFailure(const Address& client, const Terms& terms, absl::Time now);

  // The others: who was right.
  GoodLately& good_lately() { return good_lately_; }

 private:
  struct Source {
    uint64_t network = 0;  // see SourceOf
    absl::Time failed = absl::InfinitePast();
    uint32_t failures = 0;  // 0: free
  };
  static constexpr size_t kWays = 4;

  Source* SetOf(uint64_t network);

  const Key key_;
  std::atomic<bool> any_ = false;  // somebody has failed since the start
  std::mutex mutex_;
  GoodLately good_lately_;
  std::vector<Source> sources_;  // sets of kWays
};

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_AUTH_THROTTLE_H_
