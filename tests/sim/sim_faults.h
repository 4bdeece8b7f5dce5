#ifndef SLUICE_TESTS_SIM_SIM_FAULTS_H_
#define SLUICE_TESTS_SIM_SIM_FAULTS_H_

// SimFaults: how badly the simulated world behaves. As constructed it is a calm one: everything
// works, quickly, in whole pieces. Probabilities are per occasion. All of it is behaviour that
// Linux or a network shows now and then; nothing here breaks a promise of kernel.h.

#include <cstddef>

#include "absl/time/time.h"

namespace sluice {

class Dice;

struct SimFaults {
  // --- The network
  absl::Duration latency_min = absl::Microseconds(50);
  absl::Duration latency_max = absl::Microseconds(200);
  size_t socket_buffer_min = 64 * 1024;  // each side's send and receive buffers
  size_t socket_buffer_max = 256 * 1024;
  double small_segment = 0;    // a segment of a few bytes although there are more
  double connection_cut = 0;   // per connection: a reset to both sides, at any moment
  double connect_ignored = 0;  // per attempt: the SYN is never answered
  // A connection that is cut is cut within this time from its start.
  absl::Duration cut_within = absl::Seconds(2);
  double datagram_lost = 0;
  double datagram_doubled = 0;
  double datagram_late = 0;  // others overtake it

  // --- The kernel
  double short_receive = 0;         // a receive takes less than is there
  double receive_without_hint = 0;  // `socket_nonempty` is not set although it could be
  double no_buffers = 0;            // -ENOBUFS although there are buffers
  double buffer_on_failure = 0;     // a receive of 0 or an error comes with a buffer
  double operation_delay = 0;       // an operation is not looked at for a while
  double completion_delay = 0;      // a completion, and those after it, are not seen for a while
  absl::Duration delay_max = absl::Milliseconds(5);
  // operations that could complete at the same time do so in any order
  double completions_shuffled = 0;
  double completions_split = 0;  // per turn: some completions are left for the next turn
  double cancel_loses = 0;       // the operation gets a last chance before it is cancelled
  double receives_end = 0;       // per completion: a multishot receive ends early
  // per connection: a multishot accept ends, with or without a descriptor
  double accept_ends = 0;
  double early_wake = 0;   // per turn: returns although nothing happened
  double send_partly = 0;  // only a part of the room is used at a time
  double short_splice = 0;
  double pipe_refused = 0;  // OpenPipe fails
  double pipe_small = 0;    // OpenPipe gives less than was asked
  // OpenSocket, ListenOnce and OpenDatagramSocket fail with -EMFILE or -ENOBUFS
  double socket_refused = 0;
  double port_taken = 0;            // ListenOnce and OpenDatagramSocket find the port in use
  double datagram_socket_full = 0;  // a send finds no room
  double datagrams_together = 0;    // per datagram: a run of equal ones that has come goes on

  // A mixture: each fault with its own chance to take part and its own strength.
  static SimFaults Random(Dice& dice);
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_FAULTS_H_
