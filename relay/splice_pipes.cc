#include "relay/splice_pipes.h"

namespace sluice {

SplicePipes::SplicePipes(Kernel& kernel, int pipes_max, int capacity)
    : kernel_(kernel), pipes_max_(pipes_max), capacity_(capacity) {
  idle_.reserve(static_cast<size_t>(pipes_max));
}

SplicePipes::~SplicePipes() {
  for (const SplicePipe& pipe : idle_) kernel_.ClosePipe(pipe);
}

bool SplicePipes::Take(SplicePipe* pipe) {
  if (!idle_.empty()) {
    *pipe = idle_.back();
    idle_.pop_back();
    return true;
  }
  if (open_ >= pipes_max_ || kernel_.OpenPipe(capacity_, pipe) < 0) return false;
  ++open_;
  return true;
}

void SplicePipes::Give(const SplicePipe& pipe, bool empty) {
  if (empty) {
    idle_.push_back(pipe);
    return;
  }
  kernel_.ClosePipe(pipe);
  --open_;
}

}  // namespace sluice
