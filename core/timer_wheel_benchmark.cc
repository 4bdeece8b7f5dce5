// What a timer costs: set anew with each sign of life, cancelled with each end, looked at every
// turn.

#include <memory>

#include "absl/time/time.h"
#include "benchmark/benchmark.h"
#include "core/prng.h"
#include "core/timer_wheel.h"

namespace sluice {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);

struct Alarm {
  Alarm() { timer.Bind<&Alarm::OnFire>(this); }
  void OnFire() { ++fired; }
  Timer timer;
  int fired = 0;
};

absl::Duration RandomWait(Prng& prng) {
  return absl::Milliseconds(static_cast<int64_t>(prng.Below(3'600'000)));
}

// As many timers set as the argument says.
struct FullWheel {
  explicit FullWheel(size_t timers_count)
      : count(timers_count), alarms(std::make_unique<Alarm[]>(timers_count)) {
    for (size_t i = 0; i < count; ++i) wheel.Set(alarms[i].timer, kStart + RandomWait(prng));
  }
  Prng prng{1};
  TimerWheel wheel{kStart};
  size_t count;
  std::unique_ptr<Alarm[]> alarms;
};

void SetAnew(benchmark::State& state) {
  FullWheel full(static_cast<size_t>(state.range(0)));
  size_t i = 0;
  for (auto _ : state) {
    full.wheel.Set(full.alarms[i].timer, kStart + RandomWait(full.prng));
    if (++i == full.count) i = 0;
  }
}
BENCHMARK(SetAnew)->Arg(1)->Arg(1000)->Arg(1'000'000);

void SetAndCancel(benchmark::State& state) {
  FullWheel full(1000);
  Alarm alarm;
  for (auto _ : state) {
    full.wheel.Set(alarm.timer, kStart + RandomWait(full.prng));
    full.wheel.Cancel(alarm.timer);
  }
}
BENCHMARK(SetAndCancel);

void LookAtTheWheelInATurn(benchmark::State& state) {
  FullWheel full(static_cast<size_t>(state.range(0)));
  absl::Time now = kStart;
  for (auto _ : state) {
    // A turn of a busy shard: far less than a tick.
    now += absl::Microseconds(5);
    full.wheel.Advance(now);
    benchmark::DoNotOptimize(full.wheel.NextDeadline());
  }
}
BENCHMARK(LookAtTheWheelInATurn)->Arg(0)->Arg(1000)->Arg(100'000);

// A timer from Set to its firing, through all levels. Each sets itself anew.
struct Ticker {
  Ticker() { timer.Bind<&Ticker::OnFire>(this); }
  void OnFire() {
    ++*fired;
    wheel->Set(timer, *now + RandomWait(*prng));
  }
  Timer timer;
  TimerWheel* wheel;
  const absl::Time* now;
  Prng* prng;
  int64_t* fired;
};

void SetAndFire(benchmark::State& state) {
  Prng prng(1);
  TimerWheel wheel(kStart);
  absl::Time now = kStart;
  int64_t fired = 0;
  const auto count = static_cast<size_t>(state.range(0));
  const auto tickers = std::make_unique<Ticker[]>(count);
  for (size_t i = 0; i < count; ++i) {
    tickers[i].wheel = &wheel;
    tickers[i].now = &now;
    tickers[i].prng = &prng;
    tickers[i].fired = &fired;
    wheel.Set(tickers[i].timer, now + RandomWait(prng));
  }
  for (auto _ : state) {
    now += absl::Seconds(1);
    wheel.Advance(now);
  }
  state.counters["per_firing"] = benchmark::Counter(
      static_cast<double>(fired), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(SetAndFire)->Arg(100'000);

}  // namespace
}  // namespace sluice
