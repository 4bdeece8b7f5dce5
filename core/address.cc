#include "core/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr Address V4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return Address::FromV4({a, b, c, d});
}

constexpr Address V6(const std::array<uint16_t, 8>& groups) {
  std::array<uint8_t, 16> bytes{};
  for (size_t i = 0; i < 8; ++i) {
    bytes[2 * i] = static_cast<uint8_t>(groups[i] >> 8);
    bytes[2 * i + 1] = static_cast<uint8_t>(groups[i]);
  }
  return Address::FromV6(bytes);
}

constexpr Address kOne = V6({0, 0, 0, 0, 0, 0, 0, 1});
constexpr Address kAwsMetadata = V6({0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254});
constexpr Address kGoogleMetadata = V6({0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254});
constexpr Address kAlibabaMetadata = V4(100, 100, 100, 200);

// An IPv4 address stands at ::ffff:0:0/96, between ::1 and the rest of IPv6.
constexpr SpecialUseBlock kBlocks[] = {
    {Address(), Address(), SpecialUse::kUnspecified},
    {kOne, kOne, SpecialUse::kLoopback},
    {V4(0, 0, 0, 0), V4(0, 255, 255, 255), SpecialUse::kUnspecified},
    {kAlibabaMetadata, kAlibabaMetadata, SpecialUse::kLinkLocal},
    {V4(127, 0, 0, 0), V4(127, 255, 255, 255), SpecialUse::kLoopback},
    {V4(169, 254, 0, 0), V4(169, 254, 255, 255), SpecialUse::kLinkLocal},
    {V4(224, 0, 0, 0), V4(239, 255, 255, 255), SpecialUse::kMulticast},
    {V4(240, 0, 0, 0), V4(255, 255, 255, 255), SpecialUse::kBroadcast},
    {kAwsMetadata, kAwsMetadata, SpecialUse::kLinkLocal},
    {kGoogleMetadata, kGoogleMetadata, SpecialUse::kLinkLocal},
    {V6({0xfe80}), V6({0xfebf, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff}),
     SpecialUse::kLinkLocal},
    {V6({0xff00}), V6({0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff}),
     SpecialUse::kMulticast},
};

// One number of an inet_aton address: decimal, octal after 0, hexadecimal after 0x; at most 32
// bits.
std::optional<uint32_t> ParsePart(std::string_view text) {
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
  }
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// a, a.b, a.b.c or a.b.c.d: the last part fills all the octets that are left.
std::optional<Address> ParseAton(std::string_view text) {
  uint32_t value = 0;
  for (int octets_left = 4; octets_left > 0; --octets_left) {
    const size_t dot = text.find('.');
    const std::optional<uint32_t> part = ParsePart(text.substr(0, dot));
    if (!part) return std::nullopt;
    if (dot == std::string_view::npos) {
      if (uint64_t{*part} >> (8 * octets_left) != 0) return std::nullopt;
      value |= *part;
      return V4(static_cast<uint8_t>(value >> 24), static_cast<uint8_t>(value >> 16),
                static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value));
    }
    if (*part > 0xff) return std::nullopt;
    value |= *part << (8 * (octets_left - 1));
    text.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

// RFC 5952 section 4: lower case, no leading zeros, `::` for the longest run of zero groups (the
// first of equals, never a single group).
std::string V6ToString(const std::array<uint8_t, 16>& bytes) {
  uint16_t groups[8];
  for (size_t i = 0; i < 8; ++i) {
    groups[i] = static_cast<uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  }
  int gap = 8;
  int gap_size = 1;
  for (int i = 0; i < 8; ++i) {
    int end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > gap_size) {
      gap = i;
      gap_size = end - i;
    }
  }
  std::string text;
  for (int i = 0; i < 8; ++i) {
    if (i == gap) {
      text += "::";
      i += gap_size - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    absl::StrAppend(&text, absl::Hex(groups[i]));
  }
  return text;
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

std::optional<Address> Address::Parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof(terminated) || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::copy(text.begin(), text.end(), terminated);
  terminated[text.size()] = '\0';
  std::array<uint8_t, 4> v4;
  if (inet_pton(AF_INET, terminated, v4.data()) == 1) return FromV4(v4);
  std::array<uint8_t, 16> v6;
  if (inet_pton(AF_INET6, terminated, v6.data()) == 1) return FromV6(v6);
  return std::nullopt;
}

std::optional<Address> Address::ParseLenient(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (text.find(':') != std::string_view::npos) return Parse(text);
  return ParseAton(text);
}

bool Address::is_unspecified() const { return *this == Address() || *this == V4(0, 0, 0, 0); }

std::string Address::ToString() const {
  if (!is_v4()) return V6ToString(bytes_);
  return absl::StrCat(bytes_[12], ".", bytes_[13], ".", bytes_[14], ".", bytes_[15]);
}

std::string Endpoint::ToString(std::string_view interface) const {
  std::string host = address.ToString();
  if (!interface.empty()) host.append("%").append(interface);
  return address.is_v4() ? absl::StrCat(host, ":", port) : absl::StrCat("[", host, "]:", port);
}

std::optional<Endpoint> Endpoint::Parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  // Brackets belong to the IPv6 notation: without them the port could be a part of the address.
  if (bracketed != (host.find(':') != std::string_view::npos)) return std::nullopt;
  const std::optional<Address> address = Address::Parse(host);
  const std::optional<uint16_t> port = ParsePort(text.substr(colon + 1));
  if (!address || !port) return std::nullopt;
  return Endpoint{*address, *port};
}

SpecialUse ClassifySpecialUse(const Address& address) {
  const Address judged = EmbeddedAddress(address);
  for (const SpecialUseBlock& block : kBlocks) {
    if (judged < block.first) return SpecialUse::kNone;
    if (judged <= block.last) return block.use;
  }
  return SpecialUse::kNone;
}

std::string_view SpecialUseName(SpecialUse use) {
  switch (use) {
    case SpecialUse::kNone: return "none";
    case SpecialUse::kUnspecified: return "unspecified";
    case SpecialUse::kLoopback: return "loopback";
    case SpecialUse::kLinkLocal: return "link-local";
    case SpecialUse::kMulticast: return "multicast";
    case SpecialUse::kBroadcast: return "broadcast";
  }
  return "none";
}

absl::Span<const SpecialUseBlock> SpecialUseBlocks() { return kBlocks; }

uint64_t NetworkOf(const Address& client) {
  if (client.is_v4()) return uint64_t{0xffff} << 32 | client.v4();
  uint64_t network = 0;
  for (size_t i = 0; i < 8; ++i) network = network << 8 | client.bytes()[i];
  return network;
}

Address EmbeddedAddress(const Address& address) {
  if (address.is_v4()) return address;
  const std::array<uint8_t, 16>& bytes = address.bytes();
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return V4(bytes[2], bytes[3], bytes[4], bytes[5]);
  // `::` and `::1` are addresses of their own, not IPv4-compatible forms of 0.0.0.0 and 0.0.0.1.
  if (address == Address() || address == kOne) return address;
  constexpr std::array<uint8_t, 12> kNat64 = {0x00, 0x64, 0xff, 0x9b};
  constexpr std::array<uint8_t, 12> kCompatible = {};
  constexpr std::array<uint8_t, 12> kTranslated = {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0};
  for (const std::array<uint8_t, 12>& prefix : {kNat64, kCompatible, kTranslated}) {
    if (std::equal(prefix.begin(), prefix.end(), bytes.begin())) {
      return V4(bytes[12], bytes[13], bytes[14], bytes[15]);
    }
  }
  return address;
}

}  // namespace sluice
