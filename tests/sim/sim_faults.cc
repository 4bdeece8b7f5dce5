#include "tests/sim/sim_faults.h"

#include <algorithm>

#include "tests/sim/dice.h"

namespace sluice {
namespace {

// Most worlds have a few faults; in some of them a fault is the rule rather than the exception.
double Strength(Dice& dice, double often) {
  if (!dice.Chance(0.35)) return 0;
  return dice.Chance(0.2) ? often : often * static_cast<double>(dice.Between(1, 30)) / 100;
}

}  // namespace

SimFaults SimFaults::Random(Dice& dice) {
  SimFaults faults;
  faults.latency_max = absl::Microseconds(static_cast<int64_t>(dice.Skewed(10, 100'000)));
  faults.latency_min = faults.latency_max / static_cast<int64_t>(dice.Between(1, 10));
  faults.socket_buffer_min = dice.Skewed(512, 64 * 1024);
  faults.socket_buffer_max =
      std::max<size_t>(faults.socket_buffer_min, dice.Skewed(1024, 512 * 1024));
  faults.small_segment = Strength(dice, 0.5);
  faults.connection_cut = Strength(dice, 0.3);
  faults.connect_ignored = Strength(dice, 0.3);
  faults.cut_within = absl::Milliseconds(static_cast<int64_t>(dice.Skewed(1, 4000)));

  faults.short_receive = Strength(dice, 0.7);
  faults.receive_without_hint = Strength(dice, 1.0);
  faults.no_buffers = Strength(dice, 0.5);
  faults.buffer_on_failure = Strength(dice, 0.5);
  faults.operation_delay = Strength(dice, 0.4);
  faults.completion_delay = Strength(dice, 0.4);
  faults.delay_max = absl::Microseconds(static_cast<int64_t>(dice.Skewed(10, 50'000)));
  faults.completions_shuffled = Strength(dice, 1.0);
  faults.completions_split = Strength(dice, 0.8);
  faults.cancel_loses = dice.Chance(0.5) ? 0.5 : Strength(dice, 1.0);
  faults.accept_ends = Strength(dice, 0.5);
  faults.receives_end = Strength(dice, 0.5);
  faults.early_wake = Strength(dice, 0.5);
  faults.send_partly = Strength(dice, 0.7);
  faults.short_splice = Strength(dice, 0.6);
  faults.pipe_refused = Strength(dice, 0.6);
  faults.pipe_small = Strength(dice, 0.6);
  faults.socket_refused = Strength(dice, 0.3);
  faults.port_taken = Strength(dice, 0.6);
  faults.datagram_lost = Strength(dice, 0.3);
  faults.datagram_doubled = Strength(dice, 0.3);
  faults.datagram_late = Strength(dice, 0.3);
  faults.datagram_socket_full = Strength(dice, 0.3);
  faults.datagrams_together = dice.Chance(0.7) ? 0.9 : Strength(dice, 1.0);
  return faults;
}

}  // namespace sluice
