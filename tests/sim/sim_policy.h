#ifndef SLUICE_TESTS_SIM_SIM_POLICY_H_
#define SLUICE_TESTS_SIM_SIM_POLICY_H_

// SimPolicy: a small policy that is both the text of a sluice.toml and its own judge: a plain walk
// over the rules that says what the gateway may connect to. Shares no code with policy/, so that
// what the simulator asserts does not depend on what it tests.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/address.h"
#include "core/limits.h"

namespace sluice {

// One entry of a source or destination.
struct SimEntry {
  enum class Kind : uint8_t { kAny, kSpecialUse, kAddresses, kName, kNameSuffix };
  Kind kind = Kind::kAny;
  std::string text;  // as in the configuration
  Address low, high;
  // The addresses lie inside one special-use block, so that they name it.
  bool names_special_use = false;
};

struct SimRule {
  bool allow = false;
  std::vector<SimEntry> source;
  std::vector<SimEntry> destination;
  uint16_t port_low = 1;
  uint16_t port_high = 65535;
};

struct SimPolicy {
  std::vector<SimRule> rules;
  std::vector<Address> listen;
  uint16_t port = 1080;
  bool socks4 = true;
  std::vector<uint8_t> methods = {0};  // METHODs of SOCKS5, the preferred one first
  int slow_after = 3;
  int refuse_after = 10;
  int backlog = 256;
  int names = limits::kSourceNames;  // of one source
  absl::Duration handshake = absl::Seconds(10);
  absl::Duration authentication = absl::Seconds(20);
  absl::Duration connect = absl::Seconds(10);
  absl::Duration idle = absl::Minutes(1);
  absl::Duration half_closed = absl::Seconds(30);
  absl::Duration stalled = absl::Minutes(5);
  absl::Duration unacknowledged = absl::Seconds(90);
  absl::Duration keepalive = absl::Seconds(60);
  absl::Duration keepalive_interval = absl::Seconds(10);
  int keepalive_probes = 3;

  std::string ToToml() const;

  // No address that the name may have could be allowed: refused without a look at its addresses.
  bool NameIsDenied(const Address& client, std::string_view name, uint16_t port) const;
  // `name` is empty where the client gave an address. The gateway has the addresses that it listens
  // on, and those of `more`.
  bool Allows(const Address& client, std::string_view name, const Address& address, uint16_t port,
              const std::vector<Address>& more = {}) const;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_POLICY_H_
