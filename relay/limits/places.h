#ifndef SLUICE_RELAY_LIMITS_PLACES_H_
#define SLUICE_RELAY_LIMITS_PLACES_H_

// Places: how much may go on at a time, one number for all shards, so that none is full while
// another has room. A place stands for two descriptors: a session has one, and what needs more than
// its client's and its target's has a second: a UDP association (three sockets beside the client's)
// and a BIND that waits (a listener). Those few that need still more take spare ones. So the limit
// of open files bounds all of them together.
//
// Any thread; exact, without a lock. A shard that found none and has clients waiting is woken when
// there is one again: one such shard for each place. Join is for the main thread, before any shard
// runs.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/kernel.h"

namespace sluice {

class Places {
 public:
  explicit Places(int most) : most_(most), free_(most) {}
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  int most() const { return most_; }
  size_t shards() const { return waiters_.size(); }
  int free() const { return free_.load(std::memory_order_relaxed); }

  // False where none is free.
  bool Take() { return TakeDownTo(0); }
  // The same, but of the last sixteenth none is spare.
  bool TakeSpare() { return TakeDownTo(most_ / 16); }
  // Gives one back, and wakes a shard that waits for one.
  void Give();

  // A shard's own number here, by which it waits; `kernel` is what wakes it.
  size_t Join(Kernel& kernel);
  // Take failed and somebody waits: the shard is woken once, when there may be a place. Take must
  // be tried again after it, since one may have come meanwhile.
  void Await(size_t shard);
  // It has not been woken for a place since it said so.
  bool awaits(size_t shard) const { return waiters_[shard].waits.load(std::memory_order_relaxed); }
  // Woken, and needs none any more: whoever else waits is woken instead, where there is one.
  void PassOn();
  // Waits no more and never again, for the end of a shard.
  void Withdraw(size_t shard);

 private:
  struct Waiter {
    explicit Waiter(Kernel& k) : kernel(k) {}
    Kernel& kernel;
    std::atomic<bool> waits = false;
  };

  bool TakeDownTo(int left);
  void WakeOne();

  const int most_;
  // A cache line for those who come and go.
  alignas(64) std::atomic<int> free_;
  alignas(64) std::atomic<int> waiting_ = 0;  // of waiters_
  std::atomic<uint32_t> turn_ = 0;            // who is looked at first
  std::deque<Waiter> waiters_;                // they keep their places
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LIMITS_PLACES_H_
