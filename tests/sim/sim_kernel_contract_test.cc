// The contract that the real kernel keeps, asked of the simulated one: in a calm world, and in one
// that does all that Linux may do.

#include <memory>
#include <string>
#include <vector>

#include "core/kernel_contract.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {
namespace {

class SimKernelWorld final : public KernelWorld {
 public:
  SimKernelWorld(const SimFaults& faults, const Options& options)
      : network_(/*seed=*/1, faults),
        host_(network_.AddHost({Address::FromV4({10, 0, 0, 1})})),
        process_(network_, host_),
        kernel_(process_, SimKernel::Options{.buffer_bytes = options.buffer_bytes,
                                             .buffers = options.buffers,
                                             .buffers_hot = options.buffers}) {}

  Kernel& kernel() override { return kernel_; }
  void SetDescriptorsExhausted(bool exhausted) override {
    process_.set_descriptors_max(exhausted ? process_.open() : 1'000'000);
  }
  bool SetAddress(const Address& address, bool here) override {
    here ? host_.AddAddress(address) : host_.RemoveAddress(address);
    return true;
  }
  std::string GiveLinkLocal(const Address& address) override {
    host_.AddInterface("sim0", {address});
    SetAddress(address, true);
    return "sim0";
  }
  std::vector<std::string> Complaints() override {
    std::vector<std::string> complaints = network_.judge().accusations();
    for (const std::string& leak : kernel_.Leaks()) complaints.push_back(leak);
    for (const std::string& leak : process_.Leaks()) complaints.push_back(leak);
    return complaints;
  }

 private:
  SimNetwork network_;
  SimHost& host_;
  SimProcess process_;
  SimKernel kernel_;
};

KernelContractSubject Subject(std::string name, const SimFaults& faults) {
  return {.name = std::move(name),
          .open = [faults](const KernelWorld::Options& options) -> std::unique_ptr<KernelWorld> {
            return std::make_unique<SimKernelWorld>(faults, options);
          }};
}

// All that the contract leaves open. Not the failures it does not expect, such as resets by the
// network.
SimFaults Restless() {
  SimFaults faults;
  faults.small_segment = 0.1;
  faults.receive_without_hint = 0.5;
  faults.buffer_on_failure = 0.5;
  faults.receives_end = 0.3;
  faults.operation_delay = 0.2;
  faults.completion_delay = 0.2;
  faults.delay_max = absl::Microseconds(100);
  faults.completions_shuffled = 0.5;
  faults.completions_split = 0.5;
  faults.cancel_loses = 0.5;
  faults.early_wake = 0.3;
  faults.datagram_late = 0.2;
  faults.datagrams_together = 0.5;
  return faults;
}

INSTANTIATE_TEST_SUITE_P(Sim, KernelContract,
                         ::testing::Values(Subject("Calm", SimFaults()),
                                           Subject("Restless", Restless())),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace sluice
