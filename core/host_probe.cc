#include "core/host_probe.h"

#include <liburing.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "core/limits.h"

namespace sluice {
namespace {

constexpr int kMajorWanted = 6;
constexpr int kMinorWanted = 1;

absl::Status ProbeRelease() {
  utsname name;
  uname(&name);
  int major = 0;
  int minor = 0;
  std::sscanf(name.release, "%d.%d", &major, &minor);
  if (major > kMajorWanted || (major == kMajorWanted && minor >= kMinorWanted)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("expected Linux ", kMajorWanted, ".", kMinorWanted, " or newer, found ",
                                                    name.release, "; run it on a newer kernel (Debian 12 has one)"));
}

// A number from a file below /proc, or `otherwise`.
int64_t ReadNumber(const char* path, int64_t otherwise) {
  std::ifstream file(path);
  int64_t number = 0;
  return file >> number ? number : otherwise;
}

absl::Status RingError(int error) {
  if (error == ENOSYS) {
    return absl::FailedPreconditionError("this kernel has no io_uring (ENOSYS): use one built with CONFIG_IO_URING");
  }
  if (error == EPERM && ReadNumber("/proc/sys/kernel/io_uring_disabled", 0) != 0) {
    return absl::FailedPreconditionError("io_uring is switched off on this host: set sysctl kernel.io_uring_disabled=0");
  }
  if (error == EPERM || error == EACCES) {
    return absl::FailedPreconditionError(
        "io_uring is blocked for this process, as the seccomp profile of containers does: run the container with "
        "--security-opt seccomp=unconfined or with a profile that allows io_uring_setup, io_uring_enter and io_uring_register");
  }
  if (error == ENOMEM) {
    return absl::ResourceExhaustedError("not enough memory may be locked for an io_uring: raise it with ulimit -l");
  }
  return absl::FailedPreconditionError(absl::StrCat("an io_uring cannot be made: ", strerrordesc_np(error)));
}

// Makes a ring as the shards do, and asks it for each operation they use.
absl::Status ProbeRing() {
  io_uring ring;
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP;
  if (const int error = io_uring_queue_init_params(8, &ring, &params); error < 0) return RingError(-error);
  absl::Status status;
  io_uring_probe* probe = io_uring_get_probe_ring(&ring);
  for (const int operation : {IORING_OP_ACCEPT, IORING_OP_CONNECT, IORING_OP_RECV, IORING_OP_SEND, IORING_OP_SENDMSG,
                              IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL, IORING_OP_READ}) {
    if (probe != nullptr && io_uring_opcode_supported(probe, operation) != 0) continue;
    status = absl::FailedPreconditionError(absl::StrCat("io_uring of this kernel lacks operation ", operation,
                                                        ": run it on Linux 6.1 or newer"));
  }
  io_uring_free_probe(probe);
  if (status.ok() && (params.features & IORING_FEAT_EXT_ARG) == 0) {
    status = absl::FailedPreconditionError("io_uring of this kernel cannot wait with a time-out: run it on Linux 6.1 or newer");
  }
  io_uring_queue_exit(&ring);
  return status;
}

int ProbeOpenFiles(HostProbe* host) {
  rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < files.rlim_max) {
    const rlim_t before = files.rlim_cur;
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) == 0) {
      host->remarks.push_back(absl::StrCat("open files: raised from ", before, " to the hard limit of ", files.rlim_cur));
    } else {
      files.rlim_cur = before;
    }
  }
  return static_cast<int>(std::min<rlim_t>(files.rlim_cur, 1u << 24));
}

}  // namespace

absl::StatusOr<HostProbe> ProbeHost() {
  if (absl::Status status = ProbeRelease(); !status.ok()) return status;
  if (absl::Status status = ProbeRing(); !status.ok()) return status;
  HostProbe host;
  const int files = ProbeOpenFiles(&host);
  const int reserved = std::min(limits::kDescriptorsReserved, files / 2);
  host.sessions_max = std::max(1, (files - reserved) / 2);
  if (files < 4096) {
    host.remarks.push_back(absl::StrCat("open files: only ", files, ", enough for ", host.sessions_max,
                                        " sessions at a time; raise the hard limit (ulimit -Hn) for more"));
  }
  const int64_t pages = ReadNumber("/proc/sys/fs/pipe-user-pages-soft", 16384);
  const int64_t pages_each = limits::kSplicePipeBytes / sysconf(_SC_PAGESIZE);
  const bool unlimited = pages == 0 || geteuid() == 0;
  host.splice_pipes_max = static_cast<int>(unlimited ? 1 << 16 : std::max<int64_t>(1, pages / pages_each));
  if (!unlimited && host.splice_pipes_max < limits::kSplicePipesMax) {
    host.remarks.push_back(absl::StrCat("splice: ", host.splice_pipes_max, " pipes in all, because fs.pipe-user-pages-soft is ",
                                        pages, "; raise it where more fast streams run at a time"));
  }
  return host;
}

}  // namespace sluice
