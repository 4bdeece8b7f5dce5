#include "relay/udp/udp_targets.h"

namespace sluice {

UdpTarget* UdpTargets::Find(const Endpoint& endpoint, uint32_t name) {
  if (in_table()) return table_.Find(list_, endpoint, name);
  for (UdpTarget& target : inline_) {
    if (target.known && target.name == name && target.endpoint == endpoint) return &target;
  }
  return nullptr;
}

UdpTarget& UdpTargets::Add(const Endpoint& endpoint, uint32_t name) {
  // Where the table has no room for all of them the two that stand here have to do.
  if (!in_table() && inline_.back().known && table_.HasRoom(kInline + 1)) {
    for (size_t i = kInline; i-- > 0;)
      table_.Add(list_, inline_[i].endpoint, inline_[i].name) = inline_[i];
  }
  if (in_table()) return table_.Add(list_, endpoint, name);
  for (size_t i = kInline - 1; i > 0; --i) inline_[i] = inline_[i - 1];
  inline_[0] = UdpTarget{.endpoint = endpoint, .known = true, .name = name};
  return inline_[0];
}

}  // namespace sluice
