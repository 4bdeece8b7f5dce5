// What a shard pays for live policy: Enter and Leave in every turn, and the longest turn with a
// decision while another thread compiles, publishes and frees policies of 10,000 rules with lists
// of a million. A pause is what a turn took of processor time, or on the clock where the thread
// went to sleep in it, as it would for a lock or a page. Turns in which the scheduler gave the CPU
// to another thread are told apart: `longest_preempted_us` has the processor time of these (a cold
// cache afterwards), `longest_on_the_clock_us` how long they were away. `baseline_…` is the same
// without any publishing.

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "benchmark/benchmark.h"
#include "policy/large_policy.h"
#include "policy/publisher.h"

namespace sluice {
namespace {

void EnterAndLeave(benchmark::State& state) {
  Publisher publisher(*CompileSnapshot(Config{}, absl::Now(), 1));
  Publisher::Reader& reader = publisher.AddReader();
  for (auto _ : state) {
    benchmark::DoNotOptimize(&reader.Enter());
    reader.Leave();
  }
}
BENCHMARK(EnterAndLeave);

int64_t Nanos(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Where a thread stands.
struct Stand {
  int64_t processor = Nanos(CLOCK_THREAD_CPUTIME_ID);
  int64_t clock = Nanos(CLOCK_MONOTONIC);
  rusage usage;

  Stand() { getrusage(RUSAGE_THREAD, &usage); }
};

struct Pauses {
  int64_t longest_ns = 0;
  int64_t longest_preempted_ns = 0;
  int64_t longest_on_the_clock_ns = 0;
  int64_t over_100us = 0;
  int64_t preempted = 0;
  int64_t sleeps = 0;
  int64_t turns = 0;

  void Add(const Stand& from, const Stand& to) {
    ++turns;
    longest_on_the_clock_ns = std::max(longest_on_the_clock_ns, to.clock - from.clock);
    if (to.usage.ru_nivcsw != from.usage.ru_nivcsw) {
      ++preempted;
      longest_preempted_ns = std::max(longest_preempted_ns, to.processor - from.processor);
      return;
    }
    const bool slept = to.usage.ru_nvcsw != from.usage.ru_nvcsw;
    const int64_t pause = slept ? to.clock - from.clock : to.processor - from.processor;
    sleeps += slept;
    longest_ns = std::max(longest_ns, pause);
    over_100us += pause > 100'000;
  }
};

// A shard's turns until `stop`.
Pauses RunShard(Publisher::Reader& reader, const std::vector<PolicyRequest>& requests,
                const std::atomic<bool>& stop) {
  Pauses pauses;
  Stand before;
  while (!stop.load(std::memory_order_relaxed)) {
    benchmark::DoNotOptimize(
        reader.Enter().Decide(requests[static_cast<size_t>(pauses.turns) % requests.size()]));
    reader.Leave();
    const Stand now;
    pauses.Add(before, now);
    before = now;
  }
  return pauses;
}

void PublishWhileAShardDecides(benchmark::State& state) {
  const LargePolicy policy;
  const Config config = policy.Make();
  std::vector<std::string> names;
  const std::vector<PolicyRequest> requests = policy.MakeRequests(1 << 16, config, &names);
  Publisher publisher(*CompileSnapshot(config, absl::Now(), 1));
  Publisher::Reader& reader = publisher.AddReader();

  const auto measure = [&](auto work) {
    std::atomic<bool> stop = false;
    Pauses pauses;
    std::thread shard([&] { pauses = RunShard(reader, requests, stop); });
    work();
    stop = true;
    shard.join();
    return pauses;
  };
  const Pauses baseline = measure([] { absl::SleepFor(absl::Seconds(1)); });
  const Pauses pauses = measure([&] {
    uint64_t generation = 1;
    for (auto _ : state) {
      publisher.Publish(*CompileSnapshot(config, absl::Now(), ++generation));
      while (publisher.Collect() != 0) std::this_thread::yield();
    }
  });
  state.counters["baseline_longest_us"] = static_cast<double>(baseline.longest_ns) / 1000;
  state.counters["baseline_pauses_over_100us"] = static_cast<double>(baseline.over_100us);
  state.counters["longest_us"] = static_cast<double>(pauses.longest_ns) / 1000;
  state.counters["pauses_over_100us"] = static_cast<double>(pauses.over_100us);
  state.counters["longest_preempted_us"] = static_cast<double>(pauses.longest_preempted_ns) / 1000;
  state.counters["longest_on_the_clock_us"] =
      static_cast<double>(pauses.longest_on_the_clock_ns) / 1000;
  state.counters["preempted"] = static_cast<double>(pauses.preempted);
  state.counters["sleeps"] = static_cast<double>(pauses.sleeps);
  state.counters["turns"] = static_cast<double>(pauses.turns);
}
BENCHMARK(PublishWhileAShardDecides)->Unit(benchmark::kMillisecond)->Iterations(5)->UseRealTime();

// The swap alone, with a shard inside all the time.
void PublishAlone(benchmark::State& state) {
  Publisher publisher(*CompileSnapshot(Config{}, absl::Now(), 1));
  Publisher::Reader& reader = publisher.AddReader();
  for (auto _ : state) {
    state.PauseTiming();
    auto snapshot = *CompileSnapshot(Config{}, absl::Now(), 1);
    reader.Enter();
    state.ResumeTiming();
    publisher.Publish(std::move(snapshot));
  }
  reader.Leave();
}
BENCHMARK(PublishAlone);

}  // namespace
}  // namespace sluice
