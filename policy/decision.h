#ifndef SLUICE_POLICY_DECISION_H_
#define SLUICE_POLICY_DECISION_H_

// What the policy is asked and what it answers. Values only; no allocation, any thread.

#include <array>
#include <cstdint>
#include <string_view>

#include "core/address.h"
#include "core/interface_name.h"

namespace sluice {

// One bit per command, so that a rule holds a set of them. The same order as RFC 1928's CMD (bit =
// CMD - 1).
enum class PolicyCommand : uint8_t { kConnect = 0, kBind = 1, kUdpAssociate = 2 };
inline constexpr int kPolicyCommands = 3;
// As rules write them.
inline constexpr std::array<std::string_view, kPolicyCommands> kPolicyCommandNames = {
    "connect", "bind", "udp_associate"};

constexpr uint8_t CommandBit(PolicyCommand command) {
  return static_cast<uint8_t>(1u << static_cast<unsigned>(command));
}
inline constexpr uint8_t kAllPolicyCommands = (1u << kPolicyCommands) - 1;

// What stands behind the user of a request.
enum class UserProof : uint8_t {
  kNone,           // nothing was said
  kClaimed,        // SOCKS4's user id, which its host has not confirmed
  kIdent,          // SOCKS4's user id, confirmed by its host (RFC 1413)
  kAuthenticated,  // a method of SOCKS5
};

// A request as the policy sees it. In the name phase `address` is not known yet; in the address
// phase it is, and `name` stays what the client asked for (empty where it asked for an address).
struct PolicyRequest {
  Endpoint client;
  InterfaceName client_interface;  // of a client whose address is link-local
  PolicyCommand command = PolicyCommand::kConnect;
  std::string_view name;  // any case, with or without one trailing dot
  bool address_known = false;
  Address address;
  uint16_t port = 0;
  std::string_view user;  // with case
  UserProof proof = UserProof::kNone;
  // UDP ASSOCIATE: not the request for the association, but the destination of one datagram.
  bool datagram = false;
  // Address phase: what is there is the gateway itself, or for a datagram its host. Who asks knows.
  bool gateway_itself = false;
};

enum class Verdict : uint8_t {
  kDeny,
  kAllow,
  // Name phase only: it depends on the addresses that the name has. Resolve and ask again with
  // each.
  kResolve,
};

inline constexpr int32_t kNoRule = -1;  // nothing matched: the default deny

struct Decision {
  Verdict verdict = Verdict::kDeny;
  // Place in Snapshot::rules() of the rule that decided; for kResolve of the first that could allow
  // it.
  int32_t rule = kNoRule;
  // Denied because the address is special-use, or the gateway itself, and no rule names it.
  bool special_use = false;

  friend bool operator==(const Decision&, const Decision&) = default;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_DECISION_H_
