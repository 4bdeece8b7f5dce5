#ifndef SLUICE_POLICY_CONFIG_H_
#define SLUICE_POLICY_CONFIG_H_

// Config: sluice.toml, checked. Text in, a document of values out; every error names file, line,
// column, what was expected and what was found, and what to do about it. All errors of a text are
// told together, up to kConfigErrorsMax. Reads no file by itself: list files ("file:…") come
// through a FileReader, so that policy stays pure. Any thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/address.h"
#include "policy/address_range.h"
#include "policy/auth_settings.h"
#include "policy/policy_trial.h"
#include "policy/rule.h"
#include "policy/source_limits.h"
#include "policy/user.h"

namespace sluice {

// Where the gateway listens.
struct ListenPlace {
  Address address;
  std::string interface = {};  // of a link-local address; else empty
  bool wait = false;           // the address may come to this host later

  friend bool operator==(const ListenPlace&, const ListenPlace&) = default;
};

struct ServiceSettings {
  bool enabled = true;
  std::vector<ListenPlace> listen;  // "any" is both unspecified addresses
  uint16_t port = 1080;             // 0: any free port (tests)
  bool socks4 = false;
  int backlog = 256;
  bool end_refused = false;             // after a change: sessions that the new rules refuse
  std::optional<PortRange> bind_ports;  // where BIND listens; nothing: any port
  std::optional<PortRange> udp_ports;   // where UDP ASSOCIATE takes datagrams of clients
  std::vector<Address> advertised;      // what replies tell instead; at most one per family
};

struct Timeouts {
  absl::Duration handshake = absl::Seconds(10);
  absl::Duration authentication = absl::Seconds(60);
  absl::Duration connect = absl::Seconds(10);
  absl::Duration idle = absl::Hours(1);
  absl::Duration half_closed = absl::Minutes(5);
  absl::Duration bind = absl::Seconds(120);
  absl::Duration udp_idle = absl::Seconds(60);
  absl::Duration ident = absl::Seconds(5);
  // A side of a tunnel that is there and takes nothing although bytes wait for it.
  absl::Duration stalled = absl::Minutes(5);
  // One that is no longer there: it does not acknowledge bytes, or, where nothing moves, does not
  // answer probes. "0s": not asked.
  absl::Duration unacknowledged = absl::Seconds(90);
  absl::Duration keepalive = absl::Seconds(60);
  absl::Duration keepalive_interval = absl::Seconds(10);
  int keepalive_probes = 3;
};

struct Config {
  ServiceSettings service;
  Timeouts timeouts;
  SourceLimits limits;
  AuthSettings auth;
  std::vector<User> users;  // no two of one name
  std::vector<UserGroup> groups;
  std::vector<EntryList> lists;
  std::vector<EntrySet> sets;
  std::vector<Rule> rules;
  std::vector<PolicyTrial> trials;  // [[test]]
};

// Reads a whole list file. `path` is as the configuration writes it; one that does not start with
// "/" is relative to the configuration's folder.
using FileReader = std::function<absl::StatusOr<std::string>(std::string_view path)>;

// Errors told of one text; the rest is only counted.
inline constexpr size_t kConfigErrorsMax = 20;

// Parses and checks `text`. `file` is what errors call it. On error InvalidArgument, its message a
// line per error: `FILE:LINE:COLUMN: expected …, found …; do …`.
absl::StatusOr<Config> ParseConfig(std::string_view text, std::string_view file,
                                   const FileReader& read_file);

}  // namespace sluice

#endif  // SLUICE_POLICY_CONFIG_H_
