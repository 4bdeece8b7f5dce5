#include "policy/special_entries.h"

#include <algorithm>
#include <array>

namespace sluice {
namespace {

using Bytes = std::array<uint8_t, 16>;

// `v4` in the transition form that has `prefix` before it and `fill` behind it.
Address Embed(const Address& v4, const std::vector<uint8_t>& prefix, uint8_t fill) {
  Bytes bytes;
  bytes.fill(fill);
  auto end = std::copy(prefix.begin(), prefix.end(), bytes.begin());
  std::copy(v4.bytes().begin() + 12, v4.bytes().end(), end);
  return Address::FromV6(bytes);
}

std::vector<AddressRange> MakeSpecialRanges() {
  // The forms that EmbeddedAddress knows.
  const std::vector<std::vector<uint8_t>> prefixes = {
      {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0},
      {0x20, 0x02},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
      {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0},
  };
  std::vector<AddressRange> ranges;
  for (const SpecialUseBlock& block : SpecialUseBlocks()) {
    ranges.push_back({block.first, block.last});
    if (!block.first.is_v4()) continue;
    for (const std::vector<uint8_t>& prefix : prefixes) {
      AddressRange form{Embed(block.first, prefix, 0x00), Embed(block.last, prefix, 0xff)};
      // :: and ::1 are blocks of their own, not 0.0.0.0 and 0.0.0.1.
      if (form.first == Address()) form.first = AddressAfter(AddressAfter(form.first));
      ranges.push_back(form);
    }
  }
  std::sort(ranges.begin(), ranges.end());
  return ranges;
}

}  // namespace

absl::Span<const AddressRange> SpecialRanges() {
  static const auto* const kRanges = new std::vector<AddressRange>(MakeSpecialRanges());
  return *kRanges;
}

bool NamesSpecialUse(const AddressRange& range) {
  const absl::Span<const AddressRange> all = SpecialRanges();
  const auto after = std::upper_bound(
      all.begin(), all.end(), range.first,
      [](const Address& address, const AddressRange& r) { return address < r.first; });
  return after != all.begin() && (after - 1)->Contains(range);
}

void AppendMatchableParts(const AddressRange& range, std::vector<AddressRange>* parts) {
  if (NamesSpecialUse(range)) return parts->push_back(range);
  Address first = range.first;
  const absl::Span<const AddressRange> all = SpecialRanges();
  auto at = std::lower_bound(
      all.begin(), all.end(), first,
      [](const AddressRange& r, const Address& address) { return r.last < address; });
  for (; at != all.end() && at->first <= range.last; ++at) {
    const AddressRange& special = *at;
    // IPv4 lies inside IPv6 as numbers; a range of one family is not cut by the other.
    if (special.first.is_v4() != range.first.is_v4()) continue;
    if (first < special.first) parts->push_back({first, AddressBefore(special.first)});
    if (range.last <= special.last) return;
    first = AddressAfter(special.last);
  }
  parts->push_back({first, range.last});
}

Address AddressAfter(const Address& address) {
  Bytes bytes = address.bytes();
  for (size_t i = bytes.size(); i-- > 0 && ++bytes[i] == 0;) {
  }
  return Address::FromV6(bytes);
}

Address AddressBefore(const Address& address) {
  Bytes bytes = address.bytes();
  for (size_t i = bytes.size(); i-- > 0 && bytes[i]-- == 0;) {
  }
  return Address::FromV6(bytes);
}

}  // namespace sluice
