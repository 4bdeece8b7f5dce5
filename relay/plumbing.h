#ifndef SLUICE_RELAY_PLUMBING_H_
#define SLUICE_RELAY_PLUMBING_H_

// Plumbing: what all pipes of a shard share, held once so that a pipe costs one pointer for it.

#include <cstdint>

#include "core/counters.h"
#include "core/loop.h"
#include "relay/direction.h"
#include "relay/splice_pipes.h"
#include "relay/stall_watch.h"

namespace sluice {

struct Plumbing {
  // Bytes of a tunnel were handed on.
  void CountMoved(Direction direction, uint64_t bytes) {
    (direction == Direction::kUp ? counters.bytes_up : counters.bytes_down).Add(bytes);
  }

  Loop& loop;
  SplicePipes& splice_pipes;
  Counters& counters;
  StallWatch stalls{loop};
};

}  // namespace sluice

#endif  // SLUICE_RELAY_PLUMBING_H_
