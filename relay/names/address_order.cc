#include "relay/names/address_order.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/limits.h"

namespace sluice {
namespace {

// RFC 6724 section 2.1, the default policy table, longest prefix first.
struct PolicyRow {
  Address prefix;
  int bits;
  int precedence;
  int label;
};
constexpr PolicyRow kPolicyTable[] = {
    {Address::FromV6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 128, 50, 0},  // ::1
    {Address::FromV4({0, 0, 0, 0}), 96, 35, 4},
    {Address(), 96, 1, 3},  // IPv4-compatible
    {Address::FromV6({0x20, 0x01}), 32, 5, 5},
    {Address::FromV6({0x20, 0x02}), 16, 30, 2},
    {Address::FromV6({0x3f, 0xfe}), 16, 1, 12},
    {Address::FromV6({0xfe, 0xc0}), 10, 1, 11},
    {Address::FromV6({0xfc}), 7, 3, 13},
};
constexpr PolicyRow kEverythingElse = {Address(), 0, 40, 1};

int CommonBits(const Address& a, const Address& b) {
  int bits = 0;
  for (size_t i = 0; i < a.bytes().size(); ++i, bits += 8) {
    const auto difference = static_cast<uint8_t>(a.bytes()[i] ^ b.bytes()[i]);
    if (difference != 0) return bits + std::countl_zero(difference);
  }
  return bits;
}

const PolicyRow& RowOf(const Address& address) {
  for (const PolicyRow& row : kPolicyTable) {
    if (CommonBits(address, row.prefix) >= row.bits) return row;
  }
  return kEverythingElse;
}

// RFC 6724 section 3.1 and 3.2: link-local 2, site-local 5, global 14.
int ScopeOf(const Address& address) {
  const SpecialUse use = ClassifySpecialUse(address);
  if (address.is_v4())
    return use == SpecialUse::kLoopback || use == SpecialUse::kLinkLocal ? 0x2 : 0xe;
  const auto& bytes = address.bytes();
  if (bytes[0] == 0xff) return bytes[1] & 0x0f;
  if (use == SpecialUse::kLoopback || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80)) return 0x2;
  return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0xc0 ? 0x5 : 0xe;
}

struct Candidate {
  Address address;
  bool reachable = false;
  int scope = 0;
  bool scope_matches = false;
  bool label_matches = false;
  int precedence = 0;
  int common_bits = 0;  // with the source; IPv6 only
};

// `source`: where a connection to it would start; nullptr where there is no route.
Candidate Judge(const Address& address, const Address* source) {
  const PolicyRow& row = RowOf(address);
  Candidate candidate{.address = address, .scope = ScopeOf(address), .precedence = row.precedence};
  if (source == nullptr) return candidate;
  candidate.reachable = true;
  candidate.scope_matches = ScopeOf(*source) == candidate.scope;
  candidate.label_matches = RowOf(*source).label == row.label;
  if (!address.is_v4()) candidate.common_bits = CommonBits(address, *source);
  return candidate;
}

// Whether `a` is tried before `b`; the numbers are the rules of section 6.
bool Precedes(const Candidate& a, const Candidate& b) {
  if (a.reachable != b.reachable) return a.reachable;                                  // 1
  if (a.scope_matches != b.scope_matches) return a.scope_matches;                      // 2
  if (a.label_matches != b.label_matches) return a.label_matches;                      // 5
  if (a.precedence != b.precedence) return a.precedence > b.precedence;                // 6
  if (a.scope != b.scope) return a.scope < b.scope;                                    // 8
  if (!a.address.is_v4() && !b.address.is_v4()) return a.common_bits > b.common_bits;  // 9
  return false;  // 10: as they came
}

}  // namespace

bool OrderAddresses(Kernel& kernel, std::vector<Address>* addresses) {
  const auto is_v4 = [](const Address& address) { return address.is_v4(); };
  if (std::all_of(addresses->begin(), addresses->end(), is_v4)) return true;
  // Each look at a route costs four system calls. All of IPv4 start where its first one does, and
  // so do those of IPv6 beyond a number that honest names do not have.
  std::vector<Candidate> candidates;
  size_t looks[2] = {1, limits::kResolverAddressesOrdered};
  Address source[2];
  bool routed[2] = {false, false};
  for (const Address& address : *addresses) {
    const size_t family = address.is_v4() ? 0 : 1;
    if (looks[family] > 0) {
      --looks[family];
      routed[family] = kernel.RouteSource(address, {}, &source[family]) == 0;
    }
    candidates.push_back(Judge(address, routed[family] ? &source[family] : nullptr));
  }
  std::stable_sort(candidates.begin(), candidates.end(), Precedes);
  for (size_t i = 0; i < candidates.size(); ++i) (*addresses)[i] = candidates[i].address;
  return candidates[0].reachable;
}

}  // namespace sluice
