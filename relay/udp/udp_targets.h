#ifndef SLUICE_RELAY_UDP_UDP_TARGETS_H_
#define SLUICE_RELAY_UDP_UDP_TARGETS_H_

// UdpTargets: whom an association has sent to, and what the rules said of each. It remembers; it
// decides nothing. The first few stand in the association itself; who talks to more borrows a table
// of the shard's, which forgets the oldest of a set of four first: a reply of somebody forgotten is
// dropped until the client sends there again. One thread.

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/address.h"
#include "core/slab.h"

namespace sluice {

struct UdpTarget {
  Endpoint endpoint;
  uint8_t name = 0;      // the place of the name it was reached by, plus one; 0: by its address
  bool known = false;    // this is a target, and not room for one
  bool allowed = false;  // what the rules of `generation` said
  uint32_t generation = 0;
};

// Four targets per set, the one used last first.
struct UdpTargetTable {
  static constexpr size_t kWays = 4;
  static constexpr size_t kSets = 128;
  std::array<std::array<UdpTarget, kWays>, kSets> sets;
};

class UdpTargets {
 public:
  explicit UdpTargets(Slab<UdpTargetTable>& tables) : tables_(tables) {}
  ~UdpTargets() {
    if (table_ != nullptr) tables_.Give(table_);
  }
  UdpTargets(const UdpTargets&) = delete;
  UdpTargets& operator=(const UdpTargets&) = delete;

  // nullptr where it is not known. Good until the next Add.
  UdpTarget* Find(const Endpoint& endpoint, uint8_t name);
  // Calls `visit` with each target of this endpoint, whatever name led to it, until it says true.
  template <typename Visit>
  bool AnyOf(const Endpoint& endpoint, Visit visit) {
    for (UdpTarget& target : SetOf(endpoint)) {
      if (target.known && target.endpoint == endpoint && visit(target)) return true;
    }
    return false;
  }
  // A target that is not known yet.
  UdpTarget& Add(const Endpoint& endpoint, uint8_t name);
  // The name at this place is another one from now on.
  void ForgetName(uint8_t name);

 private:
  static constexpr size_t kInline = 2;

  absl::Span<UdpTarget> SetOf(const Endpoint& endpoint);
  static size_t PlaceOf(const Endpoint& endpoint);

  Slab<UdpTargetTable>& tables_;
  UdpTargetTable* table_ = nullptr;
  std::array<UdpTarget, kInline> inline_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_UDP_UDP_TARGETS_H_
