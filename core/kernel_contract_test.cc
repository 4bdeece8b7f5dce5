// The contract asked of UringKernel: as the gateway opens it, and with queues so small that they
// are full all the time.

#include "core/kernel_contract.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/uring_kernel.h"
#include "glog/logging.h"

namespace sluice {
namespace {

std::set<std::string> OpenDescriptors() {
  std::set<std::string> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;  // the folder itself is in the list
    const auto target = std::filesystem::read_symlink(entry.path(), ignored);
    if (!ignored && target.string().find("/fd") == std::string::npos) {
      open.insert(absl::StrCat(entry.path().filename().string(), " ", target.string()));
    }
  }
  return open;
}

// io_uring's worker threads are named so.
bool HasWorkerThread() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(entry.path() / "comm");
    std::string name;
    if (file >> name && name.rfind("iou-wrk", 0) == 0) return true;
  }
  return false;
}

class UringWorld final : public KernelWorld {
 public:
  UringWorld(UringKernel::Options uring, const Options& options) : buffers_(options.buffers) {
    signal(SIGPIPE, SIG_IGN);
    uring.buffers_hot = uring.buffers_max = options.buffers;
    uring.buffer_bytes = options.buffer_bytes;
    auto kernel = UringKernel::Create(uring);
    CHECK(kernel.ok()) << kernel.status();
    kernel_ = *std::move(kernel);
    open_ = OpenDescriptors();
  }

  Kernel& kernel() override { return *kernel_; }

  void SetDescriptorsExhausted(bool exhausted) override {
    rlimit limit;
    PCHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (exhausted) {
      limit_before_ = limit.rlim_cur;
      const int lowest_free = open("/dev/null", O_RDONLY | O_CLOEXEC);
      PCHECK(lowest_free >= 0);
      close(lowest_free);
      limit.rlim_cur = static_cast<rlim_t>(lowest_free);
    } else {
      limit.rlim_cur = limit_before_;
    }
    PCHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }

  std::vector<std::string> Complaints() override {
    std::vector<std::string> complaints;
    for (const std::string& descriptor : OpenDescriptors()) {
      if (open_.count(descriptor) == 0) complaints.push_back("left open: " + descriptor);
    }
    if (kernel_->buffers_free() != buffers_) {
      complaints.push_back(absl::StrCat("buffers lent: ", buffers_ - kernel_->buffers_free()));
    }
    if (HasWorkerThread()) complaints.push_back("an operation went to a worker thread");
    if (kernel_->completions_lost() != 0) complaints.push_back("completions were lost");
    return complaints;
  }

 private:
  const int buffers_;
  std::unique_ptr<UringKernel> kernel_;
  std::set<std::string> open_;
  rlim_t limit_before_ = 0;
};

KernelContractSubject Subject(std::string name, const UringKernel::Options& uring) {
  return {.name = std::move(name),
          .open = [uring](const KernelWorld::Options& options) -> std::unique_ptr<KernelWorld> {
            return std::make_unique<UringWorld>(uring, options);
          },
          .has_threads = true};
}

UringKernel::Options SmallQueues() {
  UringKernel::Options options;
  options.submission_entries = 4;
  options.completion_entries = 8;
  return options;
}

// As on an older Linux.
UringKernel::Options WithoutMultishotReceives() {
  UringKernel::Options options;
  options.multishot_receives = false;
  return options;
}

// For ever: a turn that misses something, or its end, hangs.
UringKernel::Options Spinning() {
  UringKernel::Options options;
  options.spin = absl::InfiniteDuration();
  return options;
}

INSTANTIATE_TEST_SUITE_P(Uring, KernelContract,
                         ::testing::Values(Subject("AsOpened", UringKernel::Options()),
                                           Subject("SmallQueues", SmallQueues()),
                                           Subject("WithoutMultishotReceives",
                                                   WithoutMultishotReceives()),
                                           Subject("Spinning", Spinning())),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace sluice
