#include "core/uring_refusal.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// kernel.io_uring_disabled (Linux 6.6): 0 lets everybody, 1 only a group, 2 nobody.
int IoUringDisabled() {
  std::ifstream file("/proc/sys/kernel/io_uring_disabled");
  int disabled = 0;
  return file >> disabled ? disabled : 0;
}

}  // namespace

absl::Status RefuseRing(int error) {
  switch (error) {
    case ENOSYS:
      return absl::FailedPreconditionError(
          "this kernel has no io_uring, or a sandbox hides it: run the gateway on Linux 6.1 or "
          "newer "
          "built with CONFIG_IO_URING, outside such a sandbox");
    case EPERM:
    case EACCES:
      if (const int disabled = IoUringDisabled(); disabled != 0) {
        return absl::FailedPreconditionError(absl::StrCat(
            "io_uring is switched off on this host (kernel.io_uring_disabled=", disabled,
            "): run sysctl kernel.io_uring_disabled=0",
            disabled == 1 ? ", or run the gateway in the group kernel.io_uring_group" : ""));
      }
      return absl::FailedPreconditionError(
          "io_uring is blocked for this process, as the seccomp profiles of containers do: run the "
          "container with --security-opt seccomp=unconfined, or with a profile that allows "
          "io_uring_setup, io_uring_enter and io_uring_register");
    case ENOMEM:
      return absl::ResourceExhaustedError(
          "there is not enough memory for an io_uring: raise the limit of locked memory (ulimit "
          "-l, "
          "LimitMEMLOCK= of systemd; each shard takes 256 KB of it) or use fewer shards");
    case EMFILE:
    case ENFILE:
      return absl::ResourceExhaustedError(
          "there is no descriptor left for an io_uring: raise the limit of open files (ulimit -n)");
    case EINVAL:
      return absl::FailedPreconditionError(
          "the io_uring of this kernel lacks what the gateway needs: run it on Linux 6.1 or newer");
    default:
      return absl::FailedPreconditionError(
          absl::StrCat("an io_uring cannot be made: ", strerrordesc_np(error)));
  }
}

}  // namespace sluice
