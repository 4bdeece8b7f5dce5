#include "core/timer_wheel.h"

#include <algorithm>
#include <bit>

#include "core/limits.h"

namespace sluice {
namespace {

// The place of a timer that has left its slot and is about to fire.
constexpr uint16_t kFiring = UINT16_MAX;

constexpr int64_t kTickNs = 10'000'000;
static_assert(absl::Nanoseconds(kTickNs) == limits::kTimerTick);

}  // namespace

TimerWheel::TimerWheel(absl::Time now) : start_(now) {}

uint64_t TimerWheel::TickAtOrBefore(absl::Time time) const {
  return static_cast<uint64_t>(
      std::max(absl::ToInt64Nanoseconds(time - start_) / kTickNs, int64_t{0}));
}

uint64_t TimerWheel::TickAtOrAfter(absl::Time time) const {
  const uint64_t tick = TickAtOrBefore(time);
  return TimeOf(tick) < time ? tick + 1 : tick;
}

absl::Time TimerWheel::TimeOf(uint64_t tick) const {
  return start_ + absl::Nanoseconds(static_cast<int64_t>(tick) * kTickNs);
}

void TimerWheel::Set(Timer& timer, absl::Time deadline) {
  Cancel(timer);
  if (deadline == absl::InfiniteFuture()) return;
  // A slot that is being fired is not looked at again, so the earliest possible tick is the next
  // one.
  timer.tick_ = std::max(TickAtOrAfter(deadline), now_ + 1);
  Insert(timer);
}

void TimerWheel::Cancel(Timer& timer) {
  if (timer.set()) Remove(timer);
}

// Into the finest level that can tell the timer's tick from now: the level of the highest bit group
// in which the two differ.
void TimerWheel::Insert(Timer& timer) {
  const uint64_t horizon = uint64_t{1} << (kLevels * kSlotBits);
  const uint64_t tick = std::min(timer.tick_, now_ + horizon - 1);
  int level = 0;
  while (level < kLevels - 1 &&
         (tick >> (kSlotBits * (level + 1))) != (now_ >> (kSlotBits * (level + 1))))
    ++level;
  const auto slot = static_cast<int>((tick >> (kSlotBits * level)) & (kSlots - 1));
  timer.place_ = static_cast<uint16_t>(level * kSlots + slot);
  slots_[timer.place_].PushBack(timer);
  occupied_[level] |= uint64_t{1} << slot;
}

void TimerWheel::Remove(Timer& timer) {
  timer.Unlink();
  if (timer.place_ == kFiring || !slots_[timer.place_].empty()) return;
  occupied_[timer.place_ / kSlots] &= ~(uint64_t{1} << (timer.place_ % kSlots));
}

bool TimerWheel::NextTick(uint64_t* tick) const {
  bool found = false;
  for (int level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const int shift = kSlotBits * level;
    const uint64_t unit = now_ >> shift;  // the slot of this level that now_ is in
    // Occupied slots in the order in which they come up, from the one after now_'s own; that one
    // itself comes up a whole turn later.
    const uint64_t ahead = std::rotr(occupied_[level], static_cast<int>((unit + 1) & (kSlots - 1)));
    const uint64_t at = (unit + 1 + static_cast<uint64_t>(std::countr_zero(ahead))) << shift;
    if (!found || at < *tick) *tick = at;
    found = true;
  }
  return found;
}

absl::Time TimerWheel::NextDeadline() const {
  uint64_t tick = 0;
  return NextTick(&tick) ? TimeOf(tick) : absl::InfiniteFuture();
}

void TimerWheel::Advance(absl::Time now) {
  const uint64_t target = TickAtOrBefore(now);
  if (target <= now_) return;
  uint64_t tick = 0;
  while (NextTick(&tick) && tick <= target) Turn(tick);
  now_ = target;
}

// Makes `tick` the present: slots of coarser levels that begin here are sorted into finer ones,
// then what is due fires.
void TimerWheel::Turn(uint64_t tick) {
  now_ = tick;
  for (int level = kLevels - 1; level >= 0; --level) {
    const int shift = kSlotBits * level;
    if ((tick & ((uint64_t{1} << shift) - 1)) != 0) continue;
    const auto slot = static_cast<int>((tick >> shift) & (kSlots - 1));
    IntrusiveList<Timer>& timers = slots_[static_cast<size_t>(level * kSlots + slot)];
    occupied_[level] &= ~(uint64_t{1} << slot);
    IntrusiveList<Timer> later;
    while (!timers.empty()) {
      Timer& timer = timers.PopFront();
      timer.place_ = kFiring;
      (timer.tick_ <= now_ ? firing_ : later).PushBack(timer);
    }
    while (!later.empty()) Insert(later.PopFront());
  }
  while (!firing_.empty()) {
    Timer& timer = firing_.PopFront();
    timer.fire_(timer.owner_);
  }
}

}  // namespace sluice
