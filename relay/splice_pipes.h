#ifndef SLUICE_RELAY_SPLICE_PIPES_H_
#define SLUICE_RELAY_SPLICE_PIPES_H_

// SplicePipes: the pipes that splice(2) goes through, kept and reused, because making one per
// connection is paid for by every short connection. Lends only empty pipes; one that still holds
// bytes is closed when it is given back. One thread; a shard owns it.

#include <vector>

#include "core/kernel.h"
#include "core/limits.h"

namespace sluice {

class SplicePipes {
 public:
  // `pipes_max`: how many may exist at once; 0 turns splicing off.
  SplicePipes(Kernel& kernel, int pipes_max, int capacity = limits::kSplicePipeBytes);
  ~SplicePipes();
  SplicePipes(const SplicePipes&) = delete;
  SplicePipes& operator=(const SplicePipes&) = delete;

  // False where the bound is reached or Linux gives no more pipes: the stream goes on being copied.
  bool Take(SplicePipe* pipe);
  void Give(const SplicePipe& pipe, bool empty);

  int lent() const { return open_ - static_cast<int>(idle_.size()); }

 private:
  Kernel& kernel_;
  const int pipes_max_;
  const int capacity_;
  int open_ = 0;
  std::vector<SplicePipe> idle_;  // last in, first out: the warmest
};

}  // namespace sluice

#endif  // SLUICE_RELAY_SPLICE_PIPES_H_
