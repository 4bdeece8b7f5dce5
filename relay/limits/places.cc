#include "relay/limits/places.h"

namespace sluice {

bool Places::TakeDownTo(int left) {
  int free = free_.load(std::memory_order_relaxed);
  while (free > left) {
    if (free_.compare_exchange_weak(free, free - 1, std::memory_order_seq_cst)) return true;
  }
  return false;
}

// Who gives first adds and then looks for those who wait; who waits first says so and then looks
// for a place. So one of the two sees the other, and no place lies idle.
void Places::Give() {
  free_.fetch_add(1, std::memory_order_seq_cst);
  if (waiting_.load(std::memory_order_seq_cst) > 0) WakeOne();
}

size_t Places::Join(Kernel& kernel) {
  waiters_.emplace_back(kernel);
  return waiters_.size() - 1;
}

void Places::Await(size_t shard) {
  if (!waiters_[shard].waits.exchange(true, std::memory_order_seq_cst))
    waiting_.fetch_add(1, std::memory_order_seq_cst);
}

void Places::PassOn() {
  if (free() > 0 && waiting_.load(std::memory_order_seq_cst) > 0) WakeOne();
}

void Places::Withdraw(size_t shard) {
  if (waiters_[shard].waits.exchange(false, std::memory_order_seq_cst))
    waiting_.fetch_sub(1, std::memory_order_seq_cst);
  PassOn();
}

void Places::WakeOne() {
  const size_t first = turn_.fetch_add(1, std::memory_order_relaxed);
  for (size_t i = 0; i < waiters_.size(); ++i) {
    Waiter& waiter = waiters_[(first + i) % waiters_.size()];
    if (!waiter.waits.load(std::memory_order_relaxed) ||
        !waiter.waits.exchange(false, std::memory_order_seq_cst)) {
      continue;
    }
    waiting_.fetch_sub(1, std::memory_order_seq_cst);
    return waiter.kernel.Wake();
  }
}

}  // namespace sluice
