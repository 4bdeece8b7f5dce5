// What a turn costs a shard besides what completes in it, by the timers that it has.

#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "benchmark/benchmark.h"
#include "core/loop.h"
#include "core/uring_kernel.h"
#include "glog/logging.h"

namespace sluice {
namespace {

struct NeverDue {
  NeverDue() { timer.Bind<&NeverDue::OnDue>(this); }
  void OnDue() { LOG(FATAL) << "an hour has passed"; }
  Timer timer;
};

std::unique_ptr<UringKernel> OpenKernel() {
  auto kernel = UringKernel::Create(UringKernel::Options());
  CHECK(kernel.ok()) << kernel.status();
  return *std::move(kernel);
}

// Nothing has completed, nothing is due.
void TurnOfTheLoop(benchmark::State& state) {
  const auto kernel = OpenKernel();
  Loop loop(*kernel);
  std::vector<NeverDue> timers(static_cast<size_t>(state.range(0)));
  for (size_t i = 0; i < timers.size(); ++i) {
    loop.timers().Set(timers[i].timer, loop.now() + absl::Hours(1) + absl::Milliseconds(i));
  }
  for (auto _ : state) loop.Turn(absl::InfinitePast());
  for (NeverDue& never : timers) loop.timers().Cancel(never.timer);
}
BENCHMARK(TurnOfTheLoop)->Arg(0)->Arg(1'000)->Arg(100'000);

// One thing has completed, a wake-up.
void TurnOfTheLoopWithACompletion(benchmark::State& state) {
  const auto kernel = OpenKernel();
  Loop loop(*kernel);
  for (auto _ : state) {
    kernel->Wake();
    CHECK(loop.Turn(absl::InfiniteFuture()));
  }
}
BENCHMARK(TurnOfTheLoopWithACompletion);

}  // namespace
}  // namespace sluice
