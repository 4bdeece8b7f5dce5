#ifndef SLUICE_TESTS_SIM_UDP_SIM_H_
#define SLUICE_TESTS_SIM_UDP_SIM_H_

// UdpSim: UDP associations in a world made of a seed: clients that send to targets of both
// families, by address and by name, good datagrams and bad ones, while others push in, sockets fill
// up, the rules change and control connections end in the middle. What must be true whatever the
// seed did:
//   - No datagram goes to a target that no rules in force allowed, or that the client did not send
//     it to; no bad one goes anywhere.
//   - What reaches a client is what a target it had sent to said, behind a header that names that
//     target, and goes to one port only.
//   - Every datagram that the gateway has received is relayed or counted as dropped; the records
//     have the same sums as the counters.
//   - Where nothing disturbs it, everything sent to an address comes back.
//   - Every session ends once, and nothing is left.
// One thread.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/sim_gateway.h"
#include "tests/sim/transcript_datagrams.h"

namespace sluice {

class UdpSim {
 public:
  explicit UdpSim(uint64_t seed);
  ~UdpSim();

  // What was wrong, a line each.
  std::vector<std::string> Run();
  Counters::Totals counters() const { return counters_; }
  uint64_t echoes() const { return echoes_; }
  uint64_t trace_hash() { return network_.trace().hash(); }

 private:
  class Client;
  struct Era {
    absl::Time since;
    std::set<Address> denied;
  };

  void PlaceTargets();
  void PickEra();
  std::string Config() const;
  void ServeTarget(size_t target);
  void OnDatagramOut(const SimDatagram& datagram);
  void JudgeUp(const SimDatagram& datagram);
  void JudgeDown(const SimDatagram& datagram);
  bool WasAllowed(const Address& target, absl::Time sent) const;
  void JudgeCounts();

  SimNetwork network_;
  Dice& dice_;
  const bool calm_;
  SimHost& gateway_host_;
  std::vector<SimHost*> client_hosts_;
  SimHost& stranger_host_;
  std::vector<Endpoint> targets_;
  std::vector<SimDatagramSocket*> target_sockets_;
  std::vector<std::unique_ptr<TranscriptDatagrams>> people_;  // one per target
  SimZone zone_;
  std::vector<Era> eras_;
  std::unique_ptr<SimGateway> gateway_;
  std::vector<std::unique_ptr<Client>> clients_;
  // where an association's answers have gone; only looked up
  std::map<Endpoint, Endpoint> client_ends_;
  Counters::Totals counters_;
  uint64_t echoes_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_UDP_SIM_H_
