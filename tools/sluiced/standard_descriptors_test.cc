#include "tools/sluiced/standard_descriptors.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace sluice {
namespace {

bool IsDevNull(int fd) {
  struct stat here;
  struct stat null;
  return fstat(fd, &here) == 0 && stat("/dev/null", &null) == 0 && S_ISCHR(here.st_mode) &&
         here.st_rdev == null.st_rdev && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR &&
         fcntl(fd, F_GETFD) == 0;
}

// In a process of its own: this one needs them. Its exit code is what is wrong, 0 for nothing.
int AfterClosing(unsigned closed) {
  const pid_t child = fork();
  if (child == 0) {
    // What is not closed is something else than /dev/null, to be seen untouched.
    for (int fd = 0; fd <= 2; ++fd) {
      close(fd);
      if (open("/proc/self/status", O_RDONLY) != fd) _exit(100);
    }
    for (int fd = 0; fd <= 2; ++fd) {
      if ((closed & 1u << fd) != 0) close(fd);
    }
    FillStandardDescriptors();
    for (int fd = 0; fd <= 2; ++fd) {
      if (IsDevNull(fd) != ((closed & 1u << fd) != 0)) _exit(10 + fd);
    }
    _exit(0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

TEST(StandardDescriptorsTest, WhatIsClosedBecomesDevNullAndTheRestStays) {
  for (unsigned closed = 0; closed < 8; ++closed) EXPECT_EQ(AfterClosing(closed), 0) << closed;
}

}  // namespace
}  // namespace sluice
