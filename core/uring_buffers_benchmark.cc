// What the pool of receive buffers costs for each buffer that was used.

#include "benchmark/benchmark.h"
#include "core/limits.h"
#include "core/uring_buffers.h"
#include "glog/logging.h"

namespace sluice {
namespace {

// So many buffers are lent in a turn, and come back: all that the pool does for them.
void LendAndReturn(benchmark::State& state) {
  io_uring ring;
  CHECK_EQ(io_uring_queue_init(8, &ring, 0), 0);
  {
    UringBuffers buffers;
    CHECK(buffers.Open(ring, limits::kBuffersHot, limits::kBuffersMax, limits::kBufferBytes).ok());
    const auto count = static_cast<int32_t>(state.range(0));
    for (auto _ : state) {
      for (int32_t buffer = 0; buffer < count; ++buffer) buffers.Lend(buffer);
      for (int32_t buffer = count; buffer-- > 0;) buffers.Return(buffer);
      buffers.Restock();
    }
    io_uring_queue_exit(&ring);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(LendAndReturn)->Arg(1)->Arg(16)->Arg(128);

}  // namespace
}  // namespace sluice
