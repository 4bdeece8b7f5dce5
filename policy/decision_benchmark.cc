// What one decision costs: rules × CIDRs × names. The target is 1 µs for the largest and 200 ns for
// 100 rules.

#include <memory>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "policy/large_policy.h"
#include "policy/snapshot.h"

namespace sluice {
namespace {

void DecideRequest(benchmark::State& state) {
  const LargePolicy policy{static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1)),
                           static_cast<size_t>(state.range(2)),
                           static_cast<size_t>(state.range(3))};
  const Config config = policy.Make();
  const auto snapshot = CompileSnapshot(config, absl::Now(), 1);
  std::vector<std::string> names;
  // So many that each finds its part of the lists cold; the request itself has just been read by
  // whoever asks.
  constexpr size_t kRequests = 1 << 16;
  constexpr size_t kAhead = 8;
  const std::vector<PolicyRequest> requests = policy.MakeRequests(kRequests, config, &names);
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize((*snapshot)->Decide(requests[i]));
    i = (i + 1) % kRequests;
    __builtin_prefetch(&requests[(i + 2 * kAhead) % kRequests]);
    __builtin_prefetch(requests[(i + kAhead) % kRequests].name.data());
    __builtin_prefetch(requests[(i + kAhead) % kRequests].user.data());
  }
}
BENCHMARK(DecideRequest)
    ->ArgNames({"rules", "cidrs", "names", "users"})
    ->Args({1, 0, 0, 0})
    ->Args({10, 0, 0, 0})
    ->Args({100, 0, 0, 0})
    ->Args({100, 0, 0, 100})
    ->Args({100, 10'000, 10'000, 0})
    ->Args({10'000, 0, 0, 0})
    ->Args({10'000, 0, 0, 100'000})
    ->Args({10'000, 1'000'000, 1'000'000, 0})
    ->Args({10'000, 1'000'000, 1'000'000, 100'000});

}  // namespace
}  // namespace sluice
