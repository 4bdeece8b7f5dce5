#ifndef SLUICE_RELAY_UDP_UDP_TARGETS_H_
#define SLUICE_RELAY_UDP_UDP_TARGETS_H_

// UdpTargets: whom an association has sent to, and what the rules said of each. It remembers; it
// decides nothing. The first two stand in the association itself; who talks to more has them all in
// the shard's table, which forgets the one that was not used for longest first: a reply of somebody
// forgotten is dropped until the client sends there again. One thread.

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/address.h"
#include "relay/udp/udp_target_table.h"

namespace sluice {

class UdpTargets {
 public:
  explicit UdpTargets(UdpTargetTable& table) : table_(table) {}
  ~UdpTargets() { table_.Clear(list_); }
  UdpTargets(const UdpTargets&) = delete;
  UdpTargets& operator=(const UdpTargets&) = delete;

  // nullptr where it is not known. Good until the next Add.
  UdpTarget* Find(const Endpoint& endpoint, uint32_t name);
  // Calls `visit` with each target of this endpoint, whatever name led to it, until it says true.
  template <typename Visit>
  bool AnyOf(const Endpoint& endpoint, Visit visit) {
    if (in_table()) return table_.AnyOf(list_, endpoint, visit);
    for (UdpTarget& target : inline_) {
      if (target.known && target.endpoint == endpoint && visit(target)) return true;
    }
    return false;
  }
  // A target that is not known yet.
  UdpTarget& Add(const Endpoint& endpoint, uint32_t name);

 private:
  static constexpr size_t kInline = 2;

  bool in_table() const { return list_.count > 0; }

  UdpTargetTable& table_;
  UdpTargetTable::List list_;
  std::array<UdpTarget, kInline> inline_;  // the one added last first
};

}  // namespace sluice

#endif  // SLUICE_RELAY_UDP_UDP_TARGETS_H_
