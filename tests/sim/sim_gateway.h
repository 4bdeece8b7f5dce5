#ifndef SLUICE_TESTS_SIM_SIM_GATEWAY_H_
#define SLUICE_TESTS_SIM_SIM_GATEWAY_H_

// SimGateway: the real Gateway on simulated ground, and who drives it: its shards turn one after
// the other, and time passes when none of them has anything to do. Collects the access records, and
// audits what is left at the end. One thread.

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "relay/gateway.h"
#include "tests/sim/sim_authenticator.h"
#include "tests/sim/sim_gss_acceptor.h"
#include "tests/sim/sim_kernel.h"
#include "tests/sim/sim_lookup.h"
#include "tests/sim/sim_network.h"
#include "tests/sim/sim_process.h"

namespace sluice {

class SimGateway {
 public:
  struct Options {
    int shards = 1;
    SimKernel::Options kernel;
    ShardOptions shard;
    SimUsers users = {};
  };

  SimGateway(SimNetwork& network, SimHost& host, const SimZone& zone, const Options& options);
  ~SimGateway();

  // `config` is the text of a sluice.toml. The first call starts the gateway, later ones publish.
  absl::Status Configure(std::string_view config);

  // Lets the world turn until `done`, `until`, or an accusation. `done` is asked after every round
  // of turns.
  void RunUntil(absl::Time until, const std::function<bool()>& done);
  // Called after every turn of a shard.
  void set_turn_observer(std::function<void()> observer) { turn_observer_ = std::move(observer); }

  // The name servers answer as they are told here; other ones, and a hosts file, are taken by all
  // shards once they have woken.
  SimNameServers& name_servers() { return name_servers_; }
  void ChangeNameServers(const std::vector<Address>& servers);

  Gateway& gateway() { return *gateway_; }
  // No shard runs any more.
  bool stopped() const;
  int sessions_open() const;
  int buffers_taken() const;
  SimProcess& process() { return process_; }
  std::vector<std::unique_ptr<SimKernel>>& kernels() { return kernels_; }
  const std::vector<AccessRecord>& records() const { return records_; }

  // After all shards have stopped: destroys the gateway and accuses of what it left behind.
  void Audit();

 private:
  class Sink final : public AccessSink {
   public:
    explicit Sink(SimGateway& gateway) : gateway_(gateway) {}
    bool Write(const AccessRecord& record) override;

   private:
    SimGateway& gateway_;
  };

  bool TurnShards();
  absl::Time NextWake() const;

  SimNetwork& network_;
  SimProcess process_;
  const Options options_;
  std::vector<std::unique_ptr<SimKernel>> kernels_;
  SimNameServers name_servers_;
  std::vector<std::unique_ptr<SimLookup>> lookups_;
  std::vector<std::unique_ptr<SimAuthenticator>> authenticators_;
  std::vector<std::unique_ptr<SimGssAcceptor>> gss_acceptors_;
  AuthThrottle throttle_{AuthThrottle::Key()};
  Sink sink_{*this};
  std::vector<AccessRecord> records_;
  std::unique_ptr<Gateway> gateway_;
  std::vector<bool> runs_;  // by shard
  std::function<void()> turn_observer_;
  uint64_t generation_ = 0;
  int turns_at_this_time_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_GATEWAY_H_
