#ifndef SLUICE_RELAY_NAMES_RESOLV_CONF_H_
#define SLUICE_RELAY_NAMES_RESOLV_CONF_H_

// ResolvConf: what resolv.conf(5) says, as far as a gateway is concerned: servers, and how they are
// asked. `domain`, `search` and `ndots` are passed over on purpose. What a client asks for is what
// the rules are asked about; were `intra` completed to `intra.corp.test`, a rule about
// `*.corp.test` would be passed by. Any thread; a value.

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/address.h"
#include "core/limits.h"

namespace sluice {

struct ResolvConf {
  std::vector<Endpoint> servers;  // at least one, at most kNameServersMax, in the order to ask
  absl::Duration timeout = limits::kNameServerTimeout;  // until the next one is asked
  int attempts = limits::kNameServerAttempts;           // rounds through all of them
  bool rotate = false;                                  // they take turns in being the first
  std::vector<std::string> remarks;  // on what is not followed, a sentence each, for the log

  // Takes any text; without a server it is 127.0.0.1, as in the C library.
  static ResolvConf Parse(std::string_view text);

  friend bool operator==(const ResolvConf&, const ResolvConf&) = default;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_RESOLV_CONF_H_
