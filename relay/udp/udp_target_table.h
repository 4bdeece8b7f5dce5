#ifndef SLUICE_RELAY_UDP_UDP_TARGET_TABLE_H_
#define SLUICE_RELAY_UDP_UDP_TARGET_TABLE_H_

// UdpTargetTable: the targets of those associations of a shard that talk to more than a few. One
// hash table for all of them, whose memory is touched only as targets come. Of each association it
// keeps a list as well, the target used last first: where there are as many as there may be, the
// one at its end is forgotten. One thread.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "core/address.h"
#include "core/limits.h"
#include "core/slab.h"

namespace sluice {

// Whom an association has sent to, and what the rules said of it.
struct UdpTarget {
  Endpoint endpoint;
  bool known = false;    // this is a target, and not room for one
  bool allowed = false;  // what the rules of `generation` said
  int fd = -1;           // the socket that they let its datagrams leave by; < 0: none is open
  uint32_t name = 0;     // the UdpName::serial it was reached by; 0: by its address
  uint32_t generation = 0;
};

class UdpTargetTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // One association's. It stays at its address while there are targets in it.
  struct List {
    uint32_t newest = kNone;
    uint32_t oldest = kNone;
    uint32_t count = 0;
  };

  explicit UdpTargetTable(size_t capacity, size_t per_list = limits::kUdpTargetsMax);
  UdpTargetTable(const UdpTargetTable&) = delete;
  UdpTargetTable& operator=(const UdpTargetTable&) = delete;

  bool HasRoom(size_t count) const { return nodes_.capacity() - nodes_.in_use() >= count; }

  // nullptr where it is not known. Good until the next Add.
  UdpTarget* Find(List& list, const Endpoint& endpoint, uint32_t name);
  // Calls `visit` with each target of this endpoint, whatever name led to it, until it says true.
  template <typename Visit>
  bool AnyOf(const List& list, const Endpoint& endpoint, Visit visit) {
    for (uint32_t at = *HeadOf(list, endpoint); at != 0; at = nodes_.At(at - 1).chain) {
      Node& node = nodes_.At(at - 1);
      if (node.list == &list && node.target.endpoint == endpoint && visit(node.target)) return true;
    }
    return false;
  }
  // A target that is not known yet, in the place of the oldest where there is no other. The table
  // has room or the list is not empty.
  UdpTarget& Add(List& list, const Endpoint& endpoint, uint32_t name);
  void Clear(List& list);

 private:
  // `chain`, and the heads of chains: a place plus one, 0 at the end.
  struct Node {
    UdpTarget target;
    const List* list;
    uint32_t chain;
    uint32_t newer;
    uint32_t older;
  };
  struct Free {
    void operator()(uint32_t* memory) const { std::free(memory); }
  };

  uint32_t* HeadOf(const List& list, const Endpoint& endpoint) const;
  void LinkAsNewest(List& list, uint32_t place);
  void Unlink(List& list, uint32_t place);
  void Forget(List& list, uint32_t place);

  const size_t per_list_;
  const size_t heads_count_;  // a power of two
  const std::unique_ptr<uint32_t, Free> heads_;
  Slab<Node> nodes_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_UDP_UDP_TARGET_TABLE_H_
