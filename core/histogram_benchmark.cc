// What an observation costs a shard: at most 5 ns is the bar.

#include <array>

#include "benchmark/benchmark.h"
#include "core/histogram.h"
#include "core/prng.h"

namespace sluice {
namespace {

// Values of many octaves, so that the compiler and the branch predictor know nothing.
std::array<uint64_t, 1024> Values() {
  Prng prng(1);
  std::array<uint64_t, 1024> values;
  for (uint64_t& value : values) value = prng.Next() >> (30 + prng.Next() % 30);
  return values;
}

void BM_Observe(benchmark::State& state) {
  const auto values = Values();
  Histogram histogram;
  size_t i = 0;
  for (auto _ : state) histogram.Observe(values[i++ % values.size()]);
  benchmark::DoNotOptimize(histogram.Read());
}
BENCHMARK(BM_Observe);

void BM_ObserveDuration(benchmark::State& state) {
  const auto values = Values();
  DurationHistogram histogram;
  size_t i = 0;
  for (auto _ : state)
    histogram.Observe(absl::Nanoseconds(static_cast<int64_t>(values[i++ % values.size()])));
  benchmark::DoNotOptimize(histogram.Read());
}
BENCHMARK(BM_ObserveDuration);

}  // namespace
}  // namespace sluice
