#ifndef SLUICE_CORE_TIMER_WHEEL_H_
#define SLUICE_CORE_TIMER_WHEEL_H_

// TimerWheel: any number of deadlines at constant cost (Varghese and Lauck, "Hashed and
// Hierarchical Timing Wheels", 1987). Four levels of 64 slots with a tick of 10 ms reach 46 hours;
// what is later waits in the last slot and is sorted again from there. A timer never fires early,
// and at most one tick late. Allocates nothing: the Timer is embedded by who waits. One thread.

#include <array>
#include <cstdint>

#include "absl/time/time.h"
#include "core/intrusive_list.h"

namespace sluice {

class Timer : private ListNode {
 public:
  // Binds to a member function without parameters: timer.Bind<&Session::OnDeadline>(this).
  template <auto kMethod, typename Owner>
  void Bind(Owner* owner) {
    owner_ = owner;
    fire_ = [](void* o) { (static_cast<Owner*>(o)->*kMethod)(); };
  }
  bool set() const { return linked(); }

 private:
  friend class TimerWheel;
  friend class IntrusiveList<Timer>;
  void* owner_ = nullptr;
  void (*fire_)(void*) = nullptr;
  uint64_t tick_ = 0;   // when it is due
  uint16_t place_ = 0;  // level * 64 + slot
};

static_assert(sizeof(Timer) <= 48);  // every session has some

class TimerWheel {
 public:
  explicit TimerWheel(absl::Time now);

  // Fires once at `deadline` or up to a tick later, from within Advance; sets it anew where it was
  // set. InfiniteFuture never fires.
  void Set(Timer& timer, absl::Time deadline);
  void Cancel(Timer& timer);

  // Fires what is due. Timers may be set and cancelled from within, also the one that fires.
  void Advance(absl::Time now);

  // When Advance is needed next; InfiniteFuture where nothing is set. Never later than the earliest
  // deadline's tick; may be earlier, when timers only need to be sorted into a finer level.
  absl::Time NextDeadline() const;

 private:
  static constexpr int kLevels = 4;
  static constexpr int kSlotBits = 6;
  static constexpr int kSlots = 1 << kSlotBits;

  uint64_t TickAtOrBefore(absl::Time time) const;
  uint64_t TickAtOrAfter(absl::Time time) const;
  absl::Time TimeOf(uint64_t tick) const;
  void Insert(Timer& timer);
  void Remove(Timer& timer);
  // The first tick after now_ at which a slot has to be looked at; false where all are empty.
  bool NextTick(uint64_t* tick) const;
  void Turn(uint64_t tick);

  const absl::Time start_;
  uint64_t now_ = 0;  // ticks since start_, all timers up to here have fired
  std::array<IntrusiveList<Timer>, kLevels * kSlots> slots_;
  std::array<uint64_t, kLevels> occupied_{};  // a bit per slot that is not empty
  IntrusiveList<Timer> firing_;
};

}  // namespace sluice

#endif  // SLUICE_CORE_TIMER_WHEEL_H_
