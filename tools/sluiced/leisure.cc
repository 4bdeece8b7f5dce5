#include "tools/sluiced/leisure.h"

#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <thread>

#include "core/limits.h"
#include "glog/logging.h"

namespace sluice {
namespace {

constexpr int kNiceEnd = 20;  // one more than the largest; RLIMIT_NICE counts down from it

// sched_setscheduler(2), "Privileges and resource limits".
bool MayLeaveIdle() {
  rlimit limit;
  const int nice = getpriority(PRIO_PROCESS, 0);
  if (getrlimit(RLIMIT_NICE, &limit) == 0 && limit.rlim_cur >= static_cast<rlim_t>(kNiceEnd - nice)) return true;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3]{};
  if (syscall(SYS_capget, &header, sets) != 0) return false;
  return (sets[CAP_TO_INDEX(CAP_SYS_NICE)].effective & CAP_TO_MASK(CAP_SYS_NICE)) != 0;
}

bool SetPolicy(pid_t thread, int policy) {
  const sched_param none{};
  return sched_setscheduler(thread, policy, &none) == 0;
}

// While there is one, the thread that made it gives up its CPU every now and then.
//
// Linux (EEVDF, since 6.6) picks a thread of SCHED_IDLE also beside one that wants the CPU, where that one is interrupted after it has
// had more than its share since it last slept. It would keep the CPU until the next tick, which is 4 ms later at 250 Hz; yielding gives
// it back. The timer starts anew only when its signal has been delivered, so that it rests while the thread does not run.
class Yielding {
 public:
  Yielding() {
    struct sigaction action {};
    action.sa_handler = [](int) {
      const int error = errno;
      sched_yield();
      errno = error;
    };
    action.sa_flags = SA_RESTART;
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGRTMIN;
    event._sigev_un._tid = gettid();
    const timespec interval = absl::ToTimespec(limits::kLeisureYields);
    const itimerspec times{.it_interval = interval, .it_value = interval};
    made_ = sigaction(SIGRTMIN, &action, nullptr) == 0 && timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
    if (!made_ || timer_settime(timer_, 0, &times, nullptr) != 0)
      LOG(WARNING) << "work at leisure may hold a CPU for a tick: no timer, " << strerrordesc_np(errno);
  }
  ~Yielding() {
    if (made_) timer_delete(timer_);
  }
  Yielding(const Yielding&) = delete;
  Yielding& operator=(const Yielding&) = delete;

 private:
  timer_t timer_{};
  bool made_ = false;
};

}  // namespace

void RunAtLeisure(absl::Duration patience, const std::function<void()>& work) {
  if (!MayLeaveIdle()) return work();
  std::promise<pid_t> begun;
  std::promise<void> placed;
  std::promise<void> done;
  std::thread thread([&] {
    begun.set_value(gettid());
    placed.get_future().wait();
    {
      const Yielding yielding;
      work();
    }
    done.set_value();
  });
  const pid_t id = begun.get_future().get();
  std::future<void> end = done.get_future();
  SetPolicy(id, SCHED_IDLE);  // where that fails it runs as it is
  placed.set_value();
  if (end.wait_for(absl::ToChronoNanoseconds(patience)) == std::future_status::timeout && !SetPolicy(id, SCHED_OTHER)) {
    LOG(WARNING) << "the CPUs are busy, and a thread cannot be taken back from SCHED_IDLE: " << strerrordesc_np(errno)
                 << "; what it does will take long; give the daemon CAP_SYS_NICE, or none";
  }
  thread.join();
}

}  // namespace sluice
