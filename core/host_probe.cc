// In this order, so that the first thing that is missing is the one that is told:
//   1. CheckRelease: Linux 6.1 or newer.
//   2. ProbeRing: a ring as the shards have it carries one connection on loopback, with every kind
//      of operation that they use.
//   3. The limits: open files, locked memory, pipes. Raised where that is allowed, and reported.

#include "core/host_probe.h"

#include <liburing.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/limits.h"
#include "core/uring_kernel.h"

namespace sluice {
namespace {

// A number from a file below /proc.
int64_t ReadNumber(const char* path, int64_t otherwise) {
  std::ifstream file(path);
  int64_t number = 0;
  return file >> number ? number : otherwise;
}

// --- 2. The ring

// One end of a conversation that the ring carries with itself.
class Answer {
 public:
  Answer() { op_.Bind<&Answer::OnCompletion>(this); }
  Op& op() { return op_; }
  const std::optional<Completion>& completion() const { return completion_; }

 private:
  void OnCompletion(Op&, const Completion& completion) { completion_ = completion; }
  Op op_;
  std::optional<Completion> completion_;
};

class RingTrial {
 public:
  explicit RingTrial(UringKernel& kernel) : kernel_(kernel) {}
  ~RingTrial() {
    for (Answer* answer : {&accept_, &connect_, &poll_, &send_, &receive_}) {
      kernel_.Cancel(answer->op());
    }
    Wait([this] { return !InFlight(); });
    for (const int fd : {listener_, client_, server_}) {
      if (fd >= 0) kernel_.Close(fd);
    }
  }

  // Where loopback is missing, which is the host's affair: nothing can be tried.
  bool Listen() {
    listener_ = kernel_.Listen(Endpoint{Address::FromV4({127, 0, 0, 1}), 0}, 1, {});
    return listener_ >= 0 && kernel_.LocalEndpoint(listener_, &at_) == 0;
  }

  // Where loopback is there and down, which is the host's affair too.
  bool loopback_is_down() const {
    const std::optional<Completion>& connected = connect_.completion();
    return connected.has_value() && connected->result == -ENETUNREACH;
  }

  // The first operation that does not do what it should; nullptr where all do.
  const char* Run() {
    client_ = kernel_.OpenSocket(at_.address, SocketSource());
    kernel_.Accept(accept_.op(), listener_);
    kernel_.Connect(connect_.op(), client_, at_);
    if (!Completes(connect_) || connect_.completion()->result != 0) return "connect";
    if (!Completes(accept_) || accept_.completion()->result < 0) return "multishot accept";
    server_ = accept_.completion()->result;
    if (!accept_.completion()->more) return "multishot accept";

    // Armed before there are bytes, so that Linux has to pick the buffer later.
    kernel_.Receive(receive_.op(), server_, 1, /*wait_first=*/true);
    kernel_.Poll(poll_.op(), client_, kPollOut);
    if (!Completes(poll_) || poll_.completion()->result != static_cast<int32_t>(kPollOut)) {
      return "poll";
    }
    if (receive_.completion().has_value()) return "receive that waits";
    const iovec part{&byte_, 1};
    kernel_.Send(send_.op(), client_, absl::MakeConstSpan(&part, 1));
    if (!Completes(send_) || send_.completion()->result != 1) return "send";
    if (!Completes(receive_) || receive_.completion()->result != 1) return "receive";
    const int32_t buffer = receive_.completion()->buffer;
    if (buffer < 0 || *kernel_.BufferBytes(buffer) != byte_) return "receive into provided buffers";
    kernel_.ReturnBuffer(buffer);

    kernel_.Cancel(accept_.op());
    if (!Wait([this] { return !accept_.op().in_flight(); })) return "cancellation";
    kernel_.Wake();
    if (!Wait([this] { return woken_; })) return "read of an eventfd";
    return nullptr;
  }

 private:
  bool InFlight() {
    for (Answer* answer : {&accept_, &connect_, &poll_, &send_, &receive_}) {
      if (answer->op().in_flight()) return true;
    }
    return false;
  }
  bool Completes(Answer& answer) {
    return Wait([&answer] { return answer.completion().has_value(); });
  }
  // All of this is a matter of microseconds; what takes seconds does not work.
  bool Wait(const std::function<bool()>& done) {
    const absl::Time until = kernel_.Now() + absl::Seconds(3);
    while (!done()) {
      if (kernel_.Now() >= until) return false;
      woken_ = kernel_.Turn(until) || woken_;
    }
    return true;
  }

  UringKernel& kernel_;
  Endpoint at_;
  int listener_ = -1;
  int client_ = -1;
  int server_ = -1;
  uint8_t byte_ = 42;
  bool woken_ = false;
  Answer accept_;
  Answer connect_;
  Answer poll_;
  Answer send_;
  Answer receive_;
};

absl::Status ProbeRing(HostProbe* host) {
  absl::StatusOr<std::unique_ptr<UringKernel>> kernel = UringKernel::Create(UringKernel::Options());
  if (!kernel.ok()) return kernel.status();
  RingTrial trial(**kernel);
  if (!trial.Listen()) {
    host->remarks.push_back(
        "io_uring: not tried, because 127.0.0.1 is not an address of this host");
    return absl::OkStatus();
  }
  const char* failed = trial.Run();
  if (failed == nullptr) {
    if (!(*kernel)->can_gather()) {
      host->remarks.push_back(
          "io_uring: streams and datagrams cost more than they need to, because a shard cannot "
          "wait for more of them; "
          "Linux 6.12 or newer can");
    }
    if (!(*kernel)->receives_many()) {
      host->remarks.push_back(
          "io_uring: messages cost more than they need to, because each has to be asked for; Linux "
          "6.17 or newer can "
          "receive many at a time");
    }
    return absl::OkStatus();
  }
  if (trial.loopback_is_down()) {
    host->remarks.push_back(
        "io_uring: not tried, because loopback is down, and nobody reaches 127.0.0.1 or ::1: run "
        "ip link set lo up");
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the io_uring of this kernel fails at: ", failed,
                   "; run the gateway on a kernel of a supported distribution, 6.1 or newer"));
}

// --- 3. Limits

// The limit after raising it as far as it goes.
rlim_t Raise(__rlimit_resource resource, const char* name, HostProbe* host) {
  rlimit limit;
  getrlimit(resource, &limit);
  if (limit.rlim_cur == limit.rlim_max) return limit.rlim_cur;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(resource, &limit) != 0) return before;
  host->remarks.push_back(
      absl::StrCat(name, ": raised from ", before, " to the hard limit of ",
                   limit.rlim_cur == RLIM_INFINITY ? "infinity" : absl::StrCat(limit.rlim_cur)));
  return limit.rlim_cur;
}

void ProbeOpenFiles(HostProbe* host) {
  const rlim_t limit = Raise(RLIMIT_NOFILE, "open files", host);
  const int files = static_cast<int>(std::min<rlim_t>(limit, 1 << 24));
  const int reserved = std::min(limits::kDescriptorsReserved, files / 2);
  host->places_max = std::max(1, (files - reserved) / 2);
  if (files < 4096) {
    host->remarks.push_back(absl::StrCat("open files: only ", files, ", enough for some ",
                                         host->places_max,
                                         " sessions at a time; raise the hard limit (ulimit -Hn, "
                                         "LimitNOFILE= of systemd) for more"));
  }
}

void ProbePipes(HostProbe* host) {
  const int64_t pages = ReadNumber("/proc/sys/fs/pipe-user-pages-soft", 16384);
  const int64_t pages_each = limits::kSplicePipeBytes / sysconf(_SC_PAGESIZE);
  const bool unlimited = pages == 0 || geteuid() == 0;
  host->splice_pipes_max =
      static_cast<int>(unlimited ? 1 << 16 : std::max<int64_t>(1, pages / pages_each));
  if (!unlimited && host->splice_pipes_max < limits::kSplicePipesMax) {
    host->remarks.push_back(absl::StrCat(
        "splice: ", host->splice_pipes_max, " pipes in all, because fs.pipe-user-pages-soft is ",
        pages, "; raise it where more fast streams run at a time"));
  }
  const int64_t bytes = ReadNumber("/proc/sys/fs/pipe-max-size", limits::kSplicePipeBytes);
  if (geteuid() != 0 && bytes < limits::kSplicePipeBytes) {
    host->remarks.push_back(absl::StrCat("splice: pipes of ", bytes,
                                         " bytes, because fs.pipe-max-size says so; fast streams "
                                         "cost less with ",
                                         limits::kSplicePipeBytes));
  }
}

}  // namespace

bool CanReserve(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  munmap(memory, bytes);
  return true;
}

// --- 1. The release

absl::Status CheckRelease(std::string_view release) {
  int major = 0;
  int minor = 0;
  const std::string text(release);
  std::sscanf(text.c_str(), "%d.%d", &major, &minor);
  if (major > 6 || (major == 6 && minor >= 1)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("expected Linux ", kLinuxMin,
                                                    " or newer, found ", text,
                                                    "; run the gateway on a newer kernel"));
}

std::string LiburingVersion() {
  return absl::StrCat(io_uring_major_version(), ".", io_uring_minor_version());
}

absl::StatusOr<HostProbe> ProbeHost() {
  utsname name;
  uname(&name);
  if (absl::Status status = CheckRelease(name.release); !status.ok()) return status;
  HostProbe host;
  // Before the ring, whose memory counts as locked (Linux 6.14) where the user may not lock any.
  Raise(RLIMIT_MEMLOCK, "locked memory", &host);
  ProbeOpenFiles(&host);
  if (absl::Status status = ProbeRing(&host); !status.ok()) return status;
  ProbePipes(&host);
  return host;
}

}  // namespace sluice
