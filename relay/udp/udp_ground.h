#ifndef SLUICE_RELAY_UDP_UDP_GROUND_H_
#define SLUICE_RELAY_UDP_UDP_GROUND_H_

// UdpGround: what the associations of one shard stand on and share: its loop, its view of the
// policy, its resolver, and the memory that is lent to those that need it. Bounds how many there
// are. One thread, the shard's; the shard owns it.

#include <cstdint>

#include "core/counters.h"
#include "core/limits.h"
#include "core/loop.h"
#include "core/prng.h"
#include "core/slab.h"
#include "policy/address_range.h"
#include "relay/current_policy.h"
#include "relay/limits/places.h"
#include "relay/names/resolver.h"
#include "relay/udp/held_datagrams.h"
#include "relay/udp/udp_names.h"
#include "relay/udp/udp_sockets.h"
#include "relay/udp/udp_target_table.h"

namespace sluice {

class UdpGround {
 public:
  // The references outlive it.
  UdpGround(Loop& loop, Counters& counters, Resolver& resolver, CurrentPolicy& policy, Prng& prng,
            Places& places, int associations_max)
      : loop_(loop),
        counters_(counters),
        resolver_(resolver),
        policy_(policy),
        prng_(prng),
        places_(places),
        associations_max_(associations_max),
        targets_(limits::kUdpTargetsPerShard),
        name_blocks_(limits::kUdpNamesPerShard / UdpNameBlock::kNames),
        names_(static_cast<size_t>(associations_max)),
        sockets_(static_cast<size_t>(associations_max)) {}

  Loop& loop() { return loop_; }
  Kernel& kernel() { return loop_.kernel(); }
  Counters& counters() { return counters_; }
  Resolver& resolver() { return resolver_; }
  CurrentPolicy& policy() { return policy_; }
  const Snapshot& snapshot() { return policy_.snapshot(); }
  Prng& prng() { return prng_; }

  // What its slabs reserve.
  static size_t AddressSpace(size_t associations_max) {
    return Slab<UdpNames>::BytesOf(associations_max) + Slab<UdpSockets>::BytesOf(associations_max) +
           Slab<UdpNameBlock>::BytesOf(limits::kUdpNamesPerShard / UdpNameBlock::kNames);
  }

  // False where there are as many associations as there may be.
  bool Admit() { return associations_ < associations_max_ && ++associations_ > 0; }
  void Dismiss() { --associations_; }

  UdpTargetTable& targets() { return targets_; }
  // There is one for each association.
  UdpNames* LendNames(UdpNames::Owner& owner) { return names_.Take(owner, name_blocks_); }
  void TakeBackNames(UdpNames* names) { names_.Give(names); }
  // The same.
  UdpSockets* LendSockets(UdpSockets::Owner& owner) {
    return sockets_.Take(kernel(), places_, owner);
  }
  void TakeBackSockets(UdpSockets* sockets) { sockets_.Give(sockets); }
  HoldRoom& hold_room() { return hold_room_; }

 private:
  Loop& loop_;
  Counters& counters_;
  Resolver& resolver_;
  CurrentPolicy& policy_;
  Prng& prng_;
  Places& places_;
  const int associations_max_;
  int associations_ = 0;
  UdpTargetTable targets_;
  Slab<UdpNameBlock> name_blocks_;
  Slab<UdpNames> names_;
  Slab<UdpSockets> sockets_;
  HoldRoom hold_room_ = limits::kHeldBytesPerShard;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_UDP_UDP_GROUND_H_
