// Hosts that lack something are made by what a process may do to itself: limits, and seccomp
// filters as containers have them. Each in a process of its own.

#include "core/host_probe.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// What ProbeHost says on a host that `prepare` has made worse: the refusal, or else everything
// found.
std::string ProbeAfter(const std::function<void()>& prepare) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    prepare();
    const absl::StatusOr<HostProbe> host = ProbeHost();
    const std::string said = host.ok() ? absl::StrCat("places=", host->places_max, "\n",
                                                      absl::StrJoin(host->remarks, "\n"))
                                       : std::string(host.status().message());
    const bool told = write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  std::string said;
  char bytes[4096];
  for (ssize_t got; (got = read(ends[0], bytes, sizeof bytes)) > 0;) {
    said.append(bytes, static_cast<size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  return said;
}

// From now on the call fails with `error`.
void Refuse(uint32_t call, int error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<uint32_t>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{.len = std::size(program), .filter = program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    _exit(2);
  }
}

void RefuseRing(int error) { Refuse(__NR_io_uring_setup, error); }

void LimitOpenFiles(rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) _exit(2);
}

TEST(HostProbe, ReleasesFrom61OnAreTaken) {
  EXPECT_TRUE(CheckRelease("6.1.0-18-amd64").ok());
  EXPECT_TRUE(CheckRelease("6.12.3").ok());
  EXPECT_TRUE(CheckRelease("7.0-rc1").ok());
  EXPECT_TRUE(CheckRelease("10.0").ok());
  for (const char* old : {"6.0.9", "5.15.0-91-generic", "4.19", "", "unknown"}) {
    EXPECT_THAT(std::string(CheckRelease(old).message()),
                AllOf(StartsWith("expected Linux 6.1 or newer, found "), HasSubstr(old)));
  }
}

TEST(HostProbe, ThisHostIsTaken) {
  EXPECT_THAT(ProbeAfter([] {}), StartsWith("places="));
}

TEST(HostProbe, EachRefusalOfTheRingSaysWhatToChange) {
  EXPECT_THAT(ProbeAfter([] { RefuseRing(EPERM); }),
              AllOf(HasSubstr("seccomp"), HasSubstr("io_uring_setup")));
  EXPECT_THAT(ProbeAfter([] { RefuseRing(ENOSYS); }), HasSubstr("CONFIG_IO_URING"));
  EXPECT_THAT(ProbeAfter([] { RefuseRing(ENOMEM); }), HasSubstr("ulimit -l"));
  EXPECT_THAT(ProbeAfter([] { RefuseRing(EMFILE); }), HasSubstr("ulimit -n"));
  EXPECT_THAT(ProbeAfter([] { RefuseRing(EINVAL); }), HasSubstr("Linux 6.1 or newer"));
  EXPECT_THAT(ProbeAfter([] { RefuseRing(EIO); }), HasSubstr("Input/output error"));
  for (const int error : {EPERM, ENOSYS, ENOMEM, EMFILE, EINVAL, EIO}) {
    EXPECT_THAT(ProbeAfter([error] { RefuseRing(error); }), Not(HasSubstr("\n")));
  }
}

// A profile that lacks one of the three would otherwise be noticed by a shard.
TEST(HostProbe, EachOfTheThreeCallsOfTheRingIsAskedForBeforeTheShardsNeedIt) {
  for (const uint32_t call : {__NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register}) {
    for (const int error : {EPERM, EACCES}) {
      EXPECT_THAT(ProbeAfter([=] { Refuse(call, error); }),
                  AllOf(StartsWith("io_uring is blocked for this process"),
                        HasSubstr("io_uring_setup, io_uring_enter and io_uring_register")))
          << call;
    }
    EXPECT_THAT(ProbeAfter([=] { Refuse(call, ENOSYS); }), HasSubstr("CONFIG_IO_URING")) << call;
  }
}

TEST(HostProbe, LoopbackThatIsDownIsSaidAndIsNotTheKernelsFault) {
  const std::string said = ProbeAfter([] {  // a new network has nothing else
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) _exit(0);
  });
  if (said.empty()) GTEST_SKIP() << "expected to be allowed a network of one's own; run as root";
  EXPECT_THAT(said, AllOf(StartsWith("places="), HasSubstr("loopback is down"),
                          HasSubstr("ip link set lo up")));
}

TEST(HostProbe, OpenFilesAreRaisedToTheHardLimitAndCounted) {
  const int sessions = (1000 - limits::kDescriptorsReserved) / 2;
  EXPECT_THAT(ProbeAfter([] { LimitOpenFiles(200, 1000); }),
              AllOf(StartsWith(absl::StrCat("places=", sessions, "\n")),
                    HasSubstr("open files: raised from 200 to the hard limit of 1000"),
                    HasSubstr(absl::StrCat("open files: only 1000, enough for some ", sessions))));
}

TEST(HostProbe, AVeryLowLimitLeavesHalfOfTheFilesToSessions) {
  EXPECT_THAT(ProbeAfter([] { LimitOpenFiles(40, 40); }), StartsWith("places=10\n"));
}

TEST(HostProbe, NothingIsLeftOpen) {
  const int before = dup(0);
  close(before);
  ASSERT_TRUE(ProbeHost().ok());
  const int after = dup(0);
  close(after);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace sluice
