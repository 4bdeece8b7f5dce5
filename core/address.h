#ifndef SLUICE_CORE_ADDRESS_H_
#define SLUICE_CORE_ADDRESS_H_

// IP addresses and ports as values.
//
// An Address is 16 bytes in network order. An IPv4 address is held in its IPv4-mapped form
// (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2), so an address that arrives as IPv4-mapped IPv6 *is*
// the IPv4 address: no rule can be passed by by writing it the other way. It has no scope: where
// one matters (`fe80::1%eth0`), the name of the interface goes beside it. Any thread; trivially
// copyable; no syscalls.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/types/span.h"

namespace sluice {

class Address {
 public:
  // The unspecified address of IPv6, `::`.
  constexpr Address() = default;

  static constexpr Address FromV4(const std::array<uint8_t, 4>& octets) {
    Address address;
    address.bytes_[10] = address.bytes_[11] = 0xff;
    for (size_t i = 0; i < 4; ++i) address.bytes_[12 + i] = octets[i];
    return address;
  }
  static constexpr Address FromV6(const std::array<uint8_t, 16>& octets) {
    Address address;
    address.bytes_ = octets;
    return address;
  }

  // Exactly the textual forms of inet_pton(3): dotted quad of four decimal octets, or RFC 4291
  // section 2.2 (no zone).
  static std::optional<Address> Parse(std::string_view text);

  // What a resolver or inet_aton(3) could take for an address although it is not the canonical
  // text: `127.1`, `0x7f.0.0.1`, `2130706433`, `[::1]`, one trailing dot. Includes everything that
  // Parse takes. For names that clients send, so that no spelling of an address escapes the rules
  // about it.
  static std::optional<Address> ParseLenient(std::string_view text);

  constexpr bool is_v4() const {
    for (size_t i = 0; i < 10; ++i) {
      if (bytes_[i] != 0) return false;
    }
    return bytes_[10] == 0xff && bytes_[11] == 0xff;
  }
  constexpr const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  // The IPv4 address as a number in host order. Only where is_v4().
  constexpr uint32_t v4() const {
    return (uint32_t{bytes_[12]} << 24) | (uint32_t{bytes_[13]} << 16) |
           (uint32_t{bytes_[14]} << 8) | bytes_[15];
  }

  // 0.0.0.0 or ::.
  bool is_unspecified() const;
  // fe80::/10 (RFC 4291 section 2.5.6): every link may have a host of that address, so it means
  // nothing without an interface.
  constexpr bool needs_interface() const { return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80; }

  // Dotted quad, or RFC 5952.
  std::string ToString() const;

  // Orders as 128-bit numbers, which keeps every CIDR contiguous.
  friend constexpr auto operator<=>(const Address&, const Address&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Address& a) {
    return H::combine(std::move(h), a.bytes_);
  }

 private:
  std::array<uint8_t, 16> bytes_{};
};

struct Endpoint {
  Address address;
  uint16_t port = 0;  // host order

  // `192.0.2.1:80`, `[2001:db8::1]:80`; with an interface `[fe80::1%eth0]:80`.
  std::string ToString(std::string_view interface = {}) const;
  // What ToString prints; the port is required.
  static std::optional<Endpoint> Parse(std::string_view text);

  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Endpoint& e) {
    return H::combine(std::move(h), e.address, e.port);
  }
};

// Who is counted as one client: an IPv4 address, or of IPv6 the network of 64 bits, the least that
// one host is given. IPv4 has a mark in front, which as an IPv6 network would be of no use
// (::ffff:0:0/96 never appears there: Address makes it IPv4).
uint64_t NetworkOf(const Address& client);

// Special-use destinations (RFC 6890 and successors): what a gateway must not reach unless a rule
// names it.
enum class SpecialUse : uint8_t {
  kNone,
  kUnspecified,  // 0.0.0.0/8, ::
  kLoopback,     // 127.0.0.0/8, ::1
  kLinkLocal,    // 169.254.0.0/16, fe80::/10, and the cloud metadata addresses that stand elsewhere
  kMulticast,    // 224.0.0.0/4, ff00::/8
  kBroadcast,    // 255.255.255.255 and the rest of 240.0.0.0/4
};

// IPv4 inside an IPv6 transition form (see EmbeddedAddress) is judged as the IPv4 address it leads
// to.
SpecialUse ClassifySpecialUse(const Address& address);

// A fixed word for logs and errors: `loopback`, `link-local`, …; `none` for kNone.
std::string_view SpecialUseName(SpecialUse use);

// The blocks that ClassifySpecialUse knows, both ends included, in ascending order and disjoint.
// Transition forms are not in it.
struct SpecialUseBlock {
  Address first;
  Address last;
  SpecialUse use;
};
absl::Span<const SpecialUseBlock> SpecialUseBlocks();

// The IPv4 address that `address` carries inside NAT64 (64:ff9b::/96, RFC 6052), 6to4 (2002::/16,
// RFC 3056), IPv4-compatible (::a.b.c.d, RFC 4291 section 2.5.5.1) or IPv4-translated
// (::ffff:0:a.b.c.d, RFC 2765) form, else `address` itself.
Address EmbeddedAddress(const Address& address);

}  // namespace sluice

#endif  // SLUICE_CORE_ADDRESS_H_
