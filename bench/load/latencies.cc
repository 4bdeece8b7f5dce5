#include "bench/load/latencies.h"

namespace sluice::load {

void Latencies::Record(int64_t since, int64_t now) {
  if (now >= slice_ends_) {
    if (slice_.count() > 0) p99s_.Record(slice_.Percentile(99));
    slice_ = Histogram();
    slice_ends_ = now - now % kSlice + kSlice;
  }
  slice_.Record(now - since);
  all_.Record(now - since);
}

int64_t Latencies::TypicalP99() const {
  return p99s_.count() > 0 ? p99s_.Percentile(50) : slice_.Percentile(99);
}

}  // namespace sluice::load
