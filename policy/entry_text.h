#ifndef SLUICE_POLICY_ENTRY_TEXT_H_
#define SLUICE_POLICY_ENTRY_TEXT_H_

// The text of one entry of a list: an address, a range `a-b`, a CIDR, a host name or `*.suffix`.
// Also port ranges and durations. Text in, a value or a complaint out; knows neither files nor
// TOML. Written for lists of a million lines: no allocation where nothing is wrong. Any thread.

#include <array>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "policy/address_range.h"
#include "policy/config_errors.h"

namespace sluice {

// RFC 1035 section 2.3.4, as text without the trailing dot.
inline constexpr size_t kHostNameBytesMax = 253;

// What a list may hold, as a set of bits.
enum EntryKinds : uint8_t { kAddressEntries = 1, kNameEntries = 2, kAllEntries = 3 };

struct Entry {
  bool is_name = false;
  AddressRange range;                              // where not is_name
  bool below = false;                              // where is_name: "*." stood before it
  std::array<char, kHostNameBytesMax> name_bytes;  // lower case, no trailing dot
  size_t name_size = 0;

  std::string_view name() const { return {name_bytes.data(), name_size}; }
};

// False, and *complaint, where `text` is no entry of `kinds`.
bool ParseEntry(std::string_view text, EntryKinds kinds, Entry* entry, Complaint* complaint);

// One address alone. `expected` is what the complaint asks for instead.
bool ParseSingleAddress(std::string_view text, const char* expected, Address* address,
                        Complaint* complaint);

// "80", "1-65535", "any". The two that cover every port also cover 0, which a BIND or UDP ASSOCIATE
// names when it knows none.
bool ParsePortRange(std::string_view text, PortRange* range, Complaint* complaint);

// "10s", "250ms", "1h30m": more than zero and at most kDurationMax.
inline constexpr absl::Duration kDurationMax = absl::Hours(24 * 30);
bool ParseDurationText(std::string_view text, absl::Duration* duration, Complaint* complaint);

}  // namespace sluice

#endif  // SLUICE_POLICY_ENTRY_TEXT_H_
