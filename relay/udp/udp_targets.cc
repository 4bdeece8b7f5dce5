#include "relay/udp/udp_targets.h"

#include <algorithm>

#include "absl/hash/hash.h"

namespace sluice {

size_t UdpTargets::PlaceOf(const Endpoint& endpoint) {
  return absl::HashOf(endpoint) % UdpTargetTable::kSets;
}

absl::Span<UdpTarget> UdpTargets::SetOf(const Endpoint& endpoint) {
  if (table_ == nullptr) return absl::MakeSpan(inline_);
  return absl::MakeSpan(table_->sets[PlaceOf(endpoint)]);
}

UdpTarget* UdpTargets::Find(const Endpoint& endpoint, uint8_t name) {
  const absl::Span<UdpTarget> set = SetOf(endpoint);
  for (size_t i = 0; i < set.size(); ++i) {
    UdpTarget& target = set[i];
    if (!target.known || target.name != name || target.endpoint != endpoint) continue;
    if (table_ == nullptr || i == 0) return &target;
    std::rotate(set.begin(), set.begin() + static_cast<ptrdiff_t>(i),
                set.begin() + static_cast<ptrdiff_t>(i) + 1);
    return &set[0];
  }
  return nullptr;
}

UdpTarget& UdpTargets::Add(const Endpoint& endpoint, uint8_t name) {
  const bool full = std::all_of(inline_.begin(), inline_.end(),
                                [](const UdpTarget& target) { return target.known; });
  if (table_ == nullptr && full) {
    // Where no table is left the two that stand here have to do.
    table_ = tables_.Take();
    if (table_ != nullptr) {
      for (const UdpTarget& target : inline_) Add(target.endpoint, target.name) = target;
    }
  }
  const absl::Span<UdpTarget> set = SetOf(endpoint);
  std::rotate(set.begin(), set.end() - 1, set.end());
  set[0] = UdpTarget{.endpoint = endpoint, .name = name, .known = true};
  return set[0];
}

void UdpTargets::ForgetName(uint8_t name) {
  const auto forget = [name](UdpTarget& target) {
    if (target.name == name) target.known = false;
  };
  std::for_each(inline_.begin(), inline_.end(), forget);
  if (table_ == nullptr) return;
  for (auto& set : table_->sets) std::for_each(set.begin(), set.end(), forget);
}

}  // namespace sluice
