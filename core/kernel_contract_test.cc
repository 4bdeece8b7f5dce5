// The contract asked of UringKernel: as the gateway opens it, and with queues so small that they
// are full all the time.

#include "core/kernel_contract.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
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

// A network of this process's own, in which nothing but loopback is: so that it may give itself
// addresses. False where it may not have one.
bool EnterNetwork() {
  if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq loopback{};
  loopback.ifr_name[0] = 'l';
  loopback.ifr_name[1] = 'o';
  loopback.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
  close(fd);
  return up;
}

bool HasOwnNetwork() {
  static const bool has = EnterNetwork();
  return has;
}

// Of the loopback interface, by rtnetlink; 0 or -errno.
int AskForAddress(uint16_t type, const Address& address) {
  struct {
    nlmsghdr header{};
    ifaddrmsg message{};
    rtattr local{};
    uint8_t bytes[16];
  } ask;
  const size_t bytes = address.is_v4() ? 4 : 16;
  ask.header.nlmsg_len = static_cast<uint32_t>(offsetof(decltype(ask), bytes) + bytes);
  ask.header.nlmsg_type = type;
  ask.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (type == RTM_NEWADDR ? NLM_F_CREATE : 0);
  ask.message.ifa_family = address.is_v4() ? AF_INET : AF_INET6;
  ask.message.ifa_prefixlen = static_cast<uint8_t>(bytes * 8);
  ask.message.ifa_flags = IFA_F_NODAD;
  ask.message.ifa_index = if_nametoindex("lo");
  ask.local.rta_len = static_cast<uint16_t>(RTA_LENGTH(bytes));
  ask.local.rta_type = IFA_LOCAL;
  std::copy_n(address.bytes().end() - bytes, bytes, ask.bytes);
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  struct {
    nlmsghdr header;
    nlmsgerr error;
    char rest[256];
  } answer{};
  PCHECK(send(fd, &ask, ask.header.nlmsg_len, 0) > 0 && recv(fd, &answer, sizeof(answer), 0) > 0);
  close(fd);
  return answer.error.error;
}

class UringWorld final : public KernelWorld {
 public:
  UringWorld(UringKernel::Options uring, const Options& options) : buffers_(options.buffers) {
    HasOwnNetwork();
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

  bool SetAddress(const Address& address, bool here) override {
    if (!HasOwnNetwork()) return false;
    const int error = AskForAddress(here ? RTM_NEWADDR : RTM_DELADDR, address);
    CHECK(error == 0) << address.ToString() << ": " << strerrordesc_np(-error);
    given_.erase(address);
    if (here) given_.insert(address);
    // Linux makes the route of an IPv6 address a moment later, on a thread of its own.
    while (kernel_->LeadsHere(address) != (here ? 1 : 0)) sched_yield();
    return true;
  }

  std::string GiveLinkLocal(const Address& address) override {
    return SetAddress(address, true) ? "lo" : "";
  }

  ~UringWorld() override {
    for (const Address& address : std::set<Address>(given_)) SetAddress(address, false);
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
  std::set<Address> given_;
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
