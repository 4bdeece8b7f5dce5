#ifndef SLUICE_TESTS_SIM_TRANSCRIPT_PLAYER_H_
#define SLUICE_TESTS_SIM_TRANSCRIPT_PLAYER_H_

// TranscriptPlayer: plays a transcript on a gateway in a simulated world: targets on hosts of their
// own, names in the zone, one client. The rules of playing stand in tests/transcripts/README.md.
// One thread; a player plays once.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/sim_gateway.h"
#include "tests/sim/transcript_peer.h"
#include "tests/transcripts/transcript.h"

namespace sluice {

// How the client's bytes are delivered.
enum class Delivery : uint8_t {
  kStepByStep,  // each step when everything before it was answered
  kWhole,       // as early as may be
  kByteByByte,  // as early as may be, a byte at a time
};

class TranscriptPlayer {
 public:
  TranscriptPlayer(const Transcript& transcript, Delivery delivery, uint64_t seed,
                   const SimFaults& faults);
  ~TranscriptPlayer();

  // What went wrong, a line each; empty: it went as it is written.
  std::vector<std::string> Play();

 private:
  class Client;
  class Target;

  void PlaceTargets();
  void JudgeAftermath();

  const Transcript& transcript_;
  const Delivery delivery_;
  SimNetwork network_;
  SimHost& gateway_host_;
  SimHost& client_host_;
  SimZone zone_;
  Stage stage_;
  std::vector<std::unique_ptr<Target>> targets_;
  std::unique_ptr<SimGateway> gateway_;
  std::unique_ptr<Client> client_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_TRANSCRIPT_PLAYER_H_
