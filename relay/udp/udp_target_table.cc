#include "relay/udp/udp_target_table.h"

#include <algorithm>
#include <bit>

#include "absl/hash/hash.h"
#include "glog/logging.h"

namespace sluice {

// calloc, because it gets zeroes from Linux that are not touched before they are used.
UdpTargetTable::UdpTargetTable(size_t capacity, size_t per_list)
    : per_list_(per_list),
      heads_count_(std::bit_ceil(std::max<size_t>(capacity, 1))),
      heads_(static_cast<uint32_t*>(std::calloc(heads_count_, sizeof(uint32_t)))),
      nodes_(capacity) {
  CHECK(heads_ != nullptr) << "no memory for the heads of " << heads_count_ << " chains";
}

uint32_t* UdpTargetTable::HeadOf(const List& list, const Endpoint& endpoint) const {
  return heads_.get() + (absl::HashOf(&list, endpoint) & (heads_count_ - 1));
}

UdpTarget* UdpTargetTable::Find(List& list, const Endpoint& endpoint, uint32_t name) {
  for (uint32_t at = *HeadOf(list, endpoint); at != 0;) {
    Node& node = nodes_.At(at - 1);
    const UdpTarget& target = node.target;
    if (target.name == name && node.list == &list && target.endpoint == endpoint) {
      if (list.newest != at - 1) {
        Unlink(list, at - 1);
        LinkAsNewest(list, at - 1);
      }
      return &node.target;
    }
    at = node.chain;
  }
  return nullptr;
}

UdpTarget& UdpTargetTable::Add(List& list, const Endpoint& endpoint, uint32_t name) {
  if (list.count >= per_list_ || !HasRoom(1)) Forget(list, list.oldest);
  uint32_t* head = HeadOf(list, endpoint);
  Node* node = nodes_.Take();
  node->target = UdpTarget{.endpoint = endpoint, .known = true, .name = name};
  node->list = &list;
  node->chain = *head;
  const uint32_t place = nodes_.HandleOf(node).index;
  *head = place + 1;
  LinkAsNewest(list, place);
  ++list.count;
  return node->target;
}

void UdpTargetTable::Clear(List& list) {
  while (list.count > 0) Forget(list, list.oldest);
}

void UdpTargetTable::LinkAsNewest(List& list, uint32_t place) {
  Node& node = nodes_.At(place);
  node.newer = kNone;
  node.older = list.newest;
  (list.newest != kNone ? nodes_.At(list.newest).newer : list.oldest) = place;
  list.newest = place;
}

void UdpTargetTable::Unlink(List& list, uint32_t place) {
  const Node& node = nodes_.At(place);
  (node.newer != kNone ? nodes_.At(node.newer).older : list.newest) = node.older;
  (node.older != kNone ? nodes_.At(node.older).newer : list.oldest) = node.newer;
}

void UdpTargetTable::Forget(List& list, uint32_t place) {
  CHECK_NE(place, kNone) << "a list without a target has none to forget";
  Node& node = nodes_.At(place);
  uint32_t* link = HeadOf(list, node.target.endpoint);
  while (*link != place + 1) link = &nodes_.At(*link - 1).chain;
  *link = node.chain;
  Unlink(list, place);
  --list.count;
  nodes_.Give(&node);
}

}  // namespace sluice
