#ifndef SLUICE_TESTS_SIM_GATEWAY_STAGE_H_
#define SLUICE_TESTS_SIM_GATEWAY_STAGE_H_

// GatewayStage: a gateway in a simulated world and people who talk to it byte by byte, moved by a
// test's own hand: for what a single story tells better than a transcript or a seed. One thread.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tests/sim/sim_gateway.h"
#include "tests/sim/sim_lookup.h"
#include "tests/sim/sim_network.h"

namespace sluice {

// One end of a connection. It reads only when it is asked what it heard.
class Talker {
 public:
  explicit Talker(SimSocket& socket) : socket_(socket) {}

  void Say(std::string_view bytes);
  void SayFin() { socket_.ShutdownWrite(); }
  void Close() { socket_.Close(); }
  void Reset() { socket_.CloseWithReset(); }

  // All it has heard so far.
  const std::string& Heard();
  bool fin() { return Heard(), fin_; }
  bool reset() { return Heard(), reset_; }
  // The connection was refused, or is over.
  bool ended() { return fin() || reset(); }
  SimSocket& socket() { return socket_; }

 private:
  SimSocket& socket_;
  std::string heard_;
  bool fin_ = false;
  bool reset_ = false;
};

class GatewayStage {
 public:
  static constexpr uint16_t kPort = 1080;

  struct Options {
    uint64_t seed = 1;
    SimFaults faults;
    ShardOptions shard;
    int shards = 1;
    SimUsers users;
  };
  GatewayStage() : GatewayStage(Options()) {}
  explicit GatewayStage(const Options& options);

  SimNetwork& network() { return network_; }
  SimHost& gateway_host() { return gateway_host_; }
  SimHost& client_host() { return client_host_; }
  // 203.0.113.INDEX and 2001:db8:7::INDEX; made when it is first asked for.
  SimHost& Peer(int index);
  SimZone& zone() { return zone_; }

  // A [socks] table with SOCKS4, then `text`, which may begin with more of its keys. CHECKs that it
  // is taken.
  void Configure(std::string_view text);
  // A whole sluice.toml.
  absl::Status TryConfigure(std::string_view config);
  SimGateway& gateway() { return *gateway_; }
  Counters::Totals Count() const { return gateway_->gateway().Count(); }

  // Connected, or about to be.
  Talker& Client(bool v4 = true);
  Talker& Dial(SimHost& from, const Endpoint& to);
  // Listens; accepted connections come in Accept.
  SimListener& Listen(SimHost& host, const Endpoint& at) { return *network_.Listen(host, at, 16); }
  Talker& Accept(SimListener& listener) { return talkers_.emplace_back(listener.Take()); }

  // False where it does not come true in a while.
  bool Await(const std::function<bool()>& done, absl::Duration patience = absl::Minutes(5));
  bool AwaitBytes(Talker& talker, size_t bytes);
  void Pass(absl::Duration time);

  // Every session has ended.
  bool AwaitQuiet();
  // Stops the gateway; what was wrong, and what is left.
  std::vector<std::string> End();

 private:
  SimNetwork network_;
  SimHost& gateway_host_;
  SimHost& client_host_;
  std::vector<SimHost*> peers_;
  SimZone zone_;
  const ShardOptions shard_;
  const int shards_;
  const SimUsers users_;
  std::unique_ptr<SimGateway> gateway_;
  std::deque<Talker> talkers_;  // they keep their places
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_GATEWAY_STAGE_H_
