#include "tools/sluiced/orders.h"

namespace sluice {

bool Orders::Ask(const std::function<void()>& order) {
  bool done = false;
  std::unique_lock<std::mutex> lock(lock_);
  if (closed_) return false;
  waiting_.push_back({&order, &done});
  wake_();
  // Whoever was taken out is being done, and will be: Close comes from the same thread.
  changed_.wait(lock, [&] { return done || closed_; });
  return done;
}

void Orders::Run() {
  std::unique_lock<std::mutex> lock(lock_);
  while (!waiting_.empty()) {
    const Waiting next = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    (*next.order)();
    lock.lock();
    *next.done = true;
    changed_.notify_all();
  }
}

void Orders::Close() {
  const std::lock_guard<std::mutex> lock(lock_);
  closed_ = true;
  waiting_.clear();
  changed_.notify_all();
}

}  // namespace sluice
