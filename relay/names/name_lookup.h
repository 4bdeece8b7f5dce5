#ifndef SLUICE_RELAY_NAMES_NAME_LOOKUP_H_
#define SLUICE_RELAY_NAMES_NAME_LOOKUP_H_

// NameLookup: the door to the domain name system, beside the Kernel. Two implementations:
// CaresLookup (c-ares on the shard's own loop) and the simulator's. No cache, no policy: that is
// the Resolver's and the session's.
// One thread, the shard's.

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/address.h"

namespace sluice {

struct NameAnswer {
  enum class Status : uint8_t {
    kFound,     // at least one address
    kNotFound,  // the name does not exist, or has no address
    kFailed,    // no answer: servers unreachable, refused or broken; worth another try soon
  };
  Status status = Status::kFailed;
  std::vector<Address> addresses;  // in the order to try (RFC 6724)
  absl::Duration ttl;              // of the shortest-lived record
};

class NameLookup {
 public:
  // Receives the answer; told exactly once per Start unless the NameLookup is destroyed first.
  class Receiver {
   public:
    virtual void OnLookedUp(std::string_view name, const NameAnswer& answer) = 0;

   protected:
    ~Receiver() = default;
  };

  virtual ~NameLookup() = default;
  // May answer from within the call. `name` is copied.
  virtual void Start(std::string_view name, Receiver& receiver) = 0;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_NAME_LOOKUP_H_
