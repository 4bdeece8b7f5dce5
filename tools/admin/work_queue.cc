#include "tools/admin/work_queue.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "core/start_thread.h"

namespace sluice {

absl::StatusOr<std::unique_ptr<WorkQueue>> WorkQueue::Start(const std::string& thread,
                                                            size_t waiting_max) {
  std::unique_ptr<WorkQueue> queue(new WorkQueue(waiting_max));
  absl::StatusOr<std::thread> started = StartThread(thread, [raw = queue.get()] { raw->Run(); });
  if (!started.ok()) return started.status();
  queue->thread_ = *std::move(started);
  return queue;
}

WorkQueue::~WorkQueue() {
  {
    const std::lock_guard<std::mutex> lock(lock_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool WorkQueue::Add(Work work) {
  {
    const std::lock_guard<std::mutex> lock(lock_);
    if (stopping_ || waiting_.size() >= waiting_max_) return false;
    waiting_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

void WorkQueue::Run() {
  TakeSecondPlace();
  std::unique_lock<std::mutex> lock(lock_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    Work work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it holds goes before the next begins
    lock.lock();
  }
}

void TakeSecondPlace() {
  const sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
  constexpr int kNice = 10;
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
}

}  // namespace sluice
