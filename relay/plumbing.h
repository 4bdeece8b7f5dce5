#ifndef SLUICE_RELAY_PLUMBING_H_
#define SLUICE_RELAY_PLUMBING_H_

// Plumbing: what all pipes of a shard share, held once so that a pipe costs one pointer for it.

#include "core/counters.h"
#include "core/loop.h"
#include "relay/splice_pipes.h"
#include "relay/stall_watch.h"

namespace sluice {

struct Plumbing {
  Loop& loop;
  SplicePipes& splice_pipes;
  Counters& counters;
  StallWatch stalls{loop};
};

}  // namespace sluice

#endif  // SLUICE_RELAY_PLUMBING_H_
