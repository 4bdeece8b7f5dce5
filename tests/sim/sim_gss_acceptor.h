#ifndef SLUICE_TESTS_SIM_SIM_GSS_ACCEPTOR_H_
#define SLUICE_TESTS_SIM_SIM_GSS_ACCEPTOR_H_

// SimGssAcceptor: accepts tokens with SimGss inside a turn of its shard's kernel, after a time. One
// thread.

#include <map>
#include <memory>

#include "absl/time/time.h"
#include "relay/gss/gss_acceptor.h"
#include "tests/sim/sim_gss.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {

class SimGssAcceptor final : public GssAcceptor {
 public:
  static constexpr size_t kWaitingMax = 64;

  SimGssAcceptor(SimNetwork& network, SimKernel& kernel) : network_(network), kernel_(kernel) {}

  GssMechanism& mechanism() override { return mechanism_; }
  bool Accept(std::unique_ptr<GssConversation> conversation, absl::Span<const uint8_t> token,
              Receiver& receiver) override;
  void Forget(Receiver& receiver) override;
  void Deliver() override {}

 private:
  void Answer(uint64_t ticket);

  struct Waiting {
    std::unique_ptr<GssConversation> conversation;
    std::vector<uint8_t> token;
    Receiver* receiver;  // null: forgotten
  };

  SimNetwork& network_;
  SimKernel& kernel_;
  SimGssMechanism mechanism_;
  std::map<uint64_t, Waiting> waiting_;
  uint64_t next_ticket_ = 1;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_GSS_ACCEPTOR_H_
