#ifndef SLUICE_RELAY_NAMES_HOSTS_TABLE_H_
#define SLUICE_RELAY_NAMES_HOSTS_TABLE_H_

// HostsTable: the hosts file (hosts(5)) as it was read once: name to addresses. Made off the
// shards' threads and immutable, so that they all look into the same one. Any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/address.h"

namespace sluice {

class HostsTable {
 public:
  HostsTable() = default;
  // A line without an address and a name, or whose address has a zone, is passed over, as the C
  // library does. Fails where there are more names than kHostsNamesMax.
  static absl::StatusOr<HostsTable> Parse(std::string_view text);

  // In the order of the file, those of all lines of the name; empty where it is in none. `name` in
  // lower case without a final dot.
  absl::Span<const Address> Find(std::string_view name) const;

  // Different ones.
  size_t names() const { return names_.size(); }

  friend bool operator==(const HostsTable&, const HostsTable&) = default;

 private:
  struct Name {
    std::string text;
    uint32_t first = 0;  // of its addresses in addresses_
    uint32_t count = 0;
    friend bool operator==(const Name&, const Name&) = default;
  };

  std::vector<Name> names_;  // sorted
  std::vector<Address> addresses_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_HOSTS_TABLE_H_
