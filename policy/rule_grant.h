#ifndef SLUICE_POLICY_RULE_GRANT_H_
#define SLUICE_POLICY_RULE_GRANT_H_

// RuleGrant: what a rule says about the sessions that it lets in, beyond letting them in. Copied
// into the snapshot; sessions read it there. Values only, any thread.

#include <string>
#include <vector>

#include "core/address.h"

namespace sluice {

// Where connections to targets leave the gateway.
struct Egress {
  std::vector<Address> addresses;  // tried in this order; a target meets those of its own family
  std::string interface;           // empty: any

  bool empty() const { return addresses.empty() && interface.empty(); }
  friend bool operator==(const Egress&, const Egress&) = default;
};

struct RuleGrant {
  bool ident = false;          // SOCKS4: the client's ident server must confirm the user id first
  bool bind_any_peer = false;  // BIND with an address of zeros may be connected to by any peer
  bool udp_any_peer = false;   // UDP ASSOCIATE: replies also from whom the client never sent to
  Egress egress;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_RULE_GRANT_H_
