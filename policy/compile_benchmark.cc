// What a reload costs off the shards: parsing a list of a million lines, compiling, and freeing.

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "policy/config_errors.h"
#include "policy/large_policy.h"
#include "policy/list_file.h"
#include "policy/snapshot.h"

namespace sluice {
namespace {

void ParseList(benchmark::State& state) {
  const bool names = state.range(0) != 0;
  Prng prng(1);
  std::string text;
  for (size_t i = 0; i < 1'000'000; ++i) {
    if (names) {
      absl::StrAppend(&text, LargePolicy::Name(i), "\n");
    } else {
      absl::StrAppend(&text,
                      LargePolicy::Network(LargePolicy::RandomV4(prng), 96 + 24).first.ToString(),
                      "/24\n");
    }
  }
  for (auto _ : state) {
    ConfigErrors errors("list");
    EntryList list;
    ParseListFile(text, "list", kAllEntries, 2'000'000, errors, &list);
    benchmark::DoNotOptimize(list);
  }
}
BENCHMARK(ParseList)->ArgName("names")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void Compile(benchmark::State& state) {
  const LargePolicy policy{static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1)),
                           static_cast<size_t>(state.range(2))};
  const Config config = policy.Make();
  for (auto _ : state) {
    auto snapshot = CompileSnapshot(config, absl::Now(), 1);
    state.PauseTiming();
    snapshot->reset();
    state.ResumeTiming();
  }
}
BENCHMARK(Compile)
    ->ArgNames({"rules", "cidrs", "names"})
    ->Args({1, 0, 0})
    ->Args({10'000, 0, 0})
    ->Args({10'000, 1'000'000, 0})
    ->Args({10'000, 0, 1'000'000})
    ->Args({10'000, 1'000'000, 1'000'000})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sluice
