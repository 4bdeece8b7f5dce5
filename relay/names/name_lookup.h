#ifndef SLUICE_RELAY_NAMES_NAME_LOOKUP_H_
#define SLUICE_RELAY_NAMES_NAME_LOOKUP_H_

// NameLookup: the door to the domain name system, beside the Kernel: one question, one server, one
// try. Two implementations: CaresLookup (c-ares on the shard's own loop) and the simulator's. Which
// server is asked when is NameQuestion's decision; cache and hosts file are the Resolver's.
// One thread, the shard's.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/address.h"
#include "relay/names/name_sources.h"

namespace sluice {

// A and AAAA are asked apart, so that neither waits for the other.
enum class AddressFamily : uint8_t { kV4, kV6 };

// What a server says of the addresses that a name has in one family.
struct FamilyAnswer {
  enum class Status : uint8_t {
    kFound,       // at least one address
    kNotFound,    // the name does not exist, or has no address of this family
    kRefused,     // the server is there and does not say: it fails, or it must not
    kUnanswered,  // nothing was heard of it
  };
  Status status = Status::kUnanswered;
  std::vector<Address> addresses = {};  // at most kResolverAddressesMax, as they came
  absl::Duration ttl = {};              // of the shortest-lived record
};

class NameLookup {
 public:
  class Receiver {
   public:
    virtual void OnAsked(uint64_t ticket, size_t server, const FamilyAnswer& answer) = 0;

   protected:
    ~Receiver() = default;
  };

  virtual ~NameLookup() = default;
  // Asks the server at that place of the sources' servers. The receiver is told once, perhaps from
  // within the call, and not at all where other servers have come meanwhile or the NameLookup is
  // destroyed. `name` is copied.
  virtual void Ask(size_t server, std::string_view name, AddressFamily family, uint64_t ticket,
                   Receiver& receiver) = 0;
  // The sources, where they are new: at the beginning, and on some wake-ups of the shard. What was
  // asked of servers that are no longer the same is forgotten.
  virtual std::optional<NameSources> TakeSources() = 0;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_NAME_LOOKUP_H_
