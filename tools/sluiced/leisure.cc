#include "tools/sluiced/leisure.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <future>
#include <mutex>
#include <thread>

#include "core/give_way.h"
#include "core/limits.h"
#include "core/start_thread.h"
#include "glog/logging.h"

namespace sluice {
namespace {

constexpr int kNiceEnd = 20;  // one more than the largest; RLIMIT_NICE counts down from it

// sched_setscheduler(2), "Privileges and resource limits".
bool MayLeaveIdle() {
  rlimit limit;
  const int nice = getpriority(PRIO_PROCESS, 0);
  if (getrlimit(RLIMIT_NICE, &limit) == 0 && limit.rlim_cur >= static_cast<rlim_t>(kNiceEnd - nice))
    return true;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3]{};
  if (syscall(SYS_capget, &header, sets) != 0) return false;
  return (sets[CAP_TO_INDEX(CAP_SYS_NICE)].effective & CAP_TO_MASK(CAP_SYS_NICE)) != 0;
}

bool SetPolicy(pid_t thread, int policy) {
  const sched_param none{};
  return sched_setscheduler(thread, policy, &none) == 0;
}

}  // namespace

void RunAtLeisure(const Leisure& leisure, std::atomic<bool>& cpu_wanted,
                  const std::function<void()>& work) {
  // One at a time: a thread takes the malloc arena of the one that ended last, so what all of them
  // free lies in one, whose end GiveBackFreedMemory finds. Two at once would fill a second one.
  static std::mutex one_at_a_time;
  const std::lock_guard<std::mutex> lock(one_at_a_time);
  if (!MayLeaveIdle()) return work();
  std::promise<pid_t> begun;
  std::promise<void> placed;
  std::promise<void> done;
  std::atomic<bool> hurry = false;
  absl::StatusOr<std::thread> thread = StartThread("reload", [&] {
    begun.set_value(gettid());
    placed.get_future().wait();
    {
      const GivesWay gives_way(limits::kLeisureYields, hurry);
      work();
    }
    done.set_value();
  });
  if (!thread.ok()) return work();
  const pid_t id = begun.get_future().get();
  std::future<void> end = done.get_future();
  SetPolicy(id, SCHED_IDLE);  // where that fails it runs as it is
  placed.set_value();
  const auto ends_within = [&](absl::Duration time) {
    return end.wait_for(absl::ToChronoNanoseconds(time)) == std::future_status::ready;
  };
  if (!ends_within(leisure.hunger)) cpu_wanted = true;
  if (!ends_within(leisure.patience - leisure.hunger)) {
    hurry = true;
    if (!SetPolicy(id, SCHED_OTHER)) {
      LOG(WARNING) << "the CPUs are busy, and a thread cannot be taken back from SCHED_IDLE: "
                   << strerrordesc_np(errno)
                   << "; what it does will take long; give the daemon CAP_SYS_NICE, or none";
    }
  }
  thread->join();
  cpu_wanted = false;
}

}  // namespace sluice
