#include "core/start_thread.h"

#include <pthread.h>

#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sluice {

absl::StatusOr<std::thread> StartThread(const std::string& name, std::function<void()> run) {
  try {
    return std::thread([name, run = std::move(run)] {
      pthread_setname_np(pthread_self(), name.c_str());
      run();
    });
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot start the thread \"", name, "\": ", error.code().message(),
                     "; raise the limit of threads or of address space (ulimit -u, ulimit -v; "
                     "TasksMax=, LimitNPROC=, LimitAS= of systemd; --pids-limit of containers)"));
  }
}

}  // namespace sluice
