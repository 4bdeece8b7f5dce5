#ifndef SLUICE_BENCH_LOAD_OPTIONS_H_
#define SLUICE_BENCH_LOAD_OPTIONS_H_

// Options: one run of the load, as main.cc read it from the flags. Values only.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "bench/load/socks_client.h"
#include "core/address.h"

namespace sluice::load {

enum class Direction : uint8_t { kUp, kDown, kBoth };

struct Options {
  // Where to.
  std::optional<Endpoint> proxy;  // none: straight to the back end
  SocksVersion version = SocksVersion::k5;
  SocksIdentity identity;
  std::string name;                 // asked for instead of the back end's address
  std::optional<Endpoint> backend;  // none: where this process's own listens
  // Where this process's back end listens; none: it has none.
  std::optional<Endpoint> listen = Endpoint{Address::FromV4({127, 0, 0, 1}), 0};
  bool backend_thread = true;  // that has a thread of its own; false: it shares the load's

  // How much.
  int connections = 32;
  int in_flight = 64;   // tunnels being opened at a time
  size_t size = 64;     // bytes of a request, and of its answer
  int window = 16;      // datagrams of an association under way at a time
  bool udp = false;     // associations instead of tunnels
  bool trains = false;  // datagrams go and come in one piece where they can
  double rate = 0;      // requests a second, all connections together; 0: as soon as answered
  double gbit = 0;      // a second, all streams together; 0: as they go
  bool spin = false;    // looks again at once instead of sleeping until something comes
  Direction direction = Direction::kDown;
  int unread = 0;          // of bulk: tunnels besides, to the source, that nobody reads
  int64_t count = 0;       // round trips, connections or echoes; 0: as many as fit into the time
  int64_t bytes = 0;       // of all connections together; 0: as many as fit into the time
  int64_t seconds_ns = 0;  // measured
  int64_t warmup_ns = 0;   // before it is
  int64_t timeout_ns = 0;  // for a tunnel to open, for an answer to come
  int64_t resend_ns = 0;   // for a datagram's answer, after which it counts as lost

  // What `mixed` has besides its `connections`; 0: none of that kind.
  int streams = 0;       // bulk, in each direction
  double churn = 0;      // connections a second
  int standing = 0;      // idle tunnels
  int associations = 0;  // with a window each
  double echoes = 0;     // a second, all associations together; 0: as soon as answered

  // What is told.
  int pid = 0;              // whose CPU time and memory are measured; 0: nobody's
  std::string cpu_file;     // a cgroup's CPU time, instead of the process's
  std::string memory_file;  // a cgroup's count of bytes, read beside the process's own
  bool progress = false;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_OPTIONS_H_
