#ifndef SLUICE_RELAY_MISSING_EGRESS_H_
#define SLUICE_RELAY_MISSING_EGRESS_H_

// MissingEgress: what of a rule's egress was not there when a socket was to leave by it, by value,
// for the log. One thread.

#include <cerrno>
#include <string_view>

#include "core/address.h"
#include "core/limits.h"
#include "relay/log/access_record.h"

namespace sluice {

class MissingEgress {
 public:
  // `error`: of opening a socket at `address` (unspecified: any) on `interface` (empty: any).
  void Note(int error, const Address& address, std::string_view interface) {
    if (error == ENODEV) interface_.Set(interface);
    if (error == EADDRNOTAVAIL) address_ = address;
  }

  // Empty, unspecified: that was not it.
  std::string_view interface() const { return interface_.view(); }
  const Address& address() const { return address_; }

 private:
  InlineText<limits::kInterfaceBytesMax> interface_;
  Address address_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_MISSING_EGRESS_H_
