#ifndef SLUICE_TESTS_SIM_SIM_PLAN_H_
#define SLUICE_TESTS_SIM_SIM_PLAN_H_

// SimPlan: what one client of a gateway simulation is going to do, and what waits for it at its
// destination. Each plan has a destination port of its own, so that every connection of the gateway
// can be laid to one client. PlanSession draws one at random.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/address.h"
#include "proto/handshake.h"
#include "tests/sim/sim_accounts.h"
#include "tests/sim/sim_client.h"
#include "tests/sim/sim_target.h"
#include "tests/sim/sim_world.h"

namespace sluice {

struct SimPlan {
  static constexpr uint16_t kFirstPort = 7000;

  int id = 0;
  absl::Time starts;
  SimHost* client_host = nullptr;
  bool client_v4 = true;  // connects to the gateway's IPv4 address

  // What it asks for.
  enum class Kind : uint8_t {
    kProper,     // a complete request
    kTruncated,  // a part of one
    kMalformed,  // not SOCKS, or not right
  };
  Kind kind = Kind::kProper;
  Version version = Version::kSocks5;
  Command command = Command::kConnect;
  std::string name;  // as sent; empty where it asks for an address, whatever the way it is spelt
  Address address;
  uint16_t port = 0;  // kFirstPort + id, or the gateway's own
  SimScript script;
  // What it says it is, where the gateway chooses that METHOD.
  uint8_t method = 0;
  SimCredentials credentials;
  // What a malformed one must be answered; nothing: not a byte, or not more.
  std::optional<uint8_t> expected_method;
  std::optional<uint8_t> expected_code;

  // What flows.
  SimHabits client_habits;
  SimHabits target_habits;
  absl::Duration target_accepts_after;
  std::set<Address> target_listens_at;
  // Somebody in it stops for good, so that only a time-out can end it.
  bool stalls = false;
  // So does its machine.
  bool vanishes = false;
  // It says its request so slowly that the handshake's deadline may come first.
  bool dawdles = false;

  std::unique_ptr<SimClient> client;  // from its start on
  std::unique_ptr<SimTarget> target;

  bool authenticates() const {
    return kind == Kind::kProper && version == Version::kSocks5 && method == kMethodPassword;
  }
  bool wants_connect() const { return kind == Kind::kProper && command == Command::kConnect; }
  std::string ToString() const;
};

struct SimAppetite {
  uint64_t stream_bytes_max = 100'000;
  bool stalls_allowed = true;
  std::vector<uint8_t> methods = {0};  // that the gateway serves
};

// Draws plan `id`, whose client starts within `within`.
SimPlan PlanSession(SimWorld& world, Dice& dice, int id, absl::Time from, absl::Duration within,
                    const SimAppetite& appetite);

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_PLAN_H_
