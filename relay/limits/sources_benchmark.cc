// What the bounds cost one session from accept to close: a place, a source, its counts.

#include "benchmark/benchmark.h"
#include "relay/limits/places.h"
#include "relay/limits/sources.h"

namespace sluice {
namespace {

void BM_ASessionIsCounted(benchmark::State& state) {
  static Sources sources(Sources::Key{1});
  static Places places(100'000);
  const auto of = static_cast<uint32_t>(state.range(0));
  uint32_t next = static_cast<uint32_t>(state.thread_index()) * 7919;
  for (auto _ : state) {
    const uint32_t who = next++ % of;
    Source* source =
        sources.Enter(Address::FromV4({10, static_cast<uint8_t>(who >> 16),
                                       static_cast<uint8_t>(who >> 8), static_cast<uint8_t>(who)}));
    source->TakeWithPlace(Holding::kSessions, 32'768, places.free());
    source->Take(Holding::kHandshakes, 4096);
    places.Take();
    source->Give(Holding::kHandshakes);
    source->Give(Holding::kSessions);
    sources.Leave(*source);
    places.Give();
  }
}
BENCHMARK(BM_ASessionIsCounted)->Arg(1)->Arg(1000)->Threads(1)->Threads(2);

}  // namespace
}  // namespace sluice
