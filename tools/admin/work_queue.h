#ifndef SLUICE_TOOLS_ADMIN_WORK_QUEUE_H_
#define SLUICE_TOOLS_ADMIN_WORK_QUEUE_H_

// WorkQueue: one thread that does one thing after the other, from a bounded queue, so that a
// handler may wait for shards or files and streams go on meanwhile. Any thread may add.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace sluice {

class WorkQueue {
 public:
  using Work = std::function<void()>;

  static absl::StatusOr<std::unique_ptr<WorkQueue>> Start(const std::string& thread,
                                                          size_t waiting_max);
  // What is being done is done to its end; what waits is dropped.
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  // False where too much waits, or where the queue stops. `work` lets no exception out.
  bool Add(Work work);

 private:
  explicit WorkQueue(size_t waiting_max) : waiting_max_(waiting_max) {}
  void Run();

  const size_t waiting_max_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

// Called on a thread of the door: others come first, above all the shards.
void TakeSecondPlace();

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_WORK_QUEUE_H_
