#include "core/give_way.h"

#include <sched.h>
#include <time.h>

namespace sluice {
namespace {

// A look at the clock costs as much as some thirty calls that do not look.
constexpr uint32_t kCallsPerLook = 32;

constinit thread_local int64_t yielded_at_ns = 0;
constinit thread_local uint64_t yield_count = 0;
constinit thread_local uint32_t calls = 0;
constinit thread_local const std::atomic<bool>* hurry_of = nullptr;

int64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

void Yield() {
  sched_yield();
  yielded_at_ns = NowNs();
  ++yield_count;
}

}  // namespace

void give_way::YieldWhereDue() {
  if (++calls % kCallsPerLook != 0 || NowNs() - yielded_at_ns < interval_ns) return;
  if (hurry_of->load(std::memory_order_relaxed)) {
    interval_ns = 0;
  } else {
    Yield();
  }
}

GivesWay::GivesWay(absl::Duration interval, const std::atomic<bool>& hurry) {
  hurry_of = &hurry;
  give_way::interval_ns = absl::ToInt64Nanoseconds(interval);
  Yield();
}

uint64_t GivesWay::yields() { return yield_count; }

}  // namespace sluice
