#include "relay/log/log_output.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr int kUnprivilegedUser = 65534;

class LogOutputTest : public ::testing::Test {
 protected:
  LogOutputTest()
      : path_(::testing::TempDir() + "/log_output_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::remove(path_.c_str());
    std::signal(SIGPIPE, SIG_IGN);
  }
  ~LogOutputTest() override {
    std::remove(path_.c_str());
    for (const int fd : ends_) {
      if (fd >= 0) close(fd);
    }
  }

  LogOutput Open(const std::string& path) {
    absl::StatusOr<LogOutput> output = LogOutput::Open(path);
    EXPECT_TRUE(output.ok()) << output.status();
    return *std::move(output);
  }
  // Writes until nothing more is taken, and says why. What is asked must never wait.
  static ssize_t Fill(LogOutput& output) {
    const std::string piece(1000, 'x');
    while (true) {
      if (const ssize_t taken = output.Write(piece); taken <= 0) return taken;
    }
  }
  void ExpectWaits(int fd) {
    EXPECT_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, 0) << "others have this descriptor too";
  }

  const std::string path_;
  int ends_[2] = {-1, -1};
};

TEST_F(LogOutputTest, FileIsMadeAndAppendedTo) {
  EXPECT_EQ(Open(path_).Write("one\n"), 4);
  LogOutput output = Open(path_);
  EXPECT_EQ(output.Write("two\n"), 4);
  EXPECT_EQ(output.Size(), 8);
  std::ostringstream text;
  text << std::ifstream(path_).rdbuf();
  EXPECT_EQ(text.str(), "one\ntwo\n");
}

TEST_F(LogOutputTest, FullDiskTakesNothingAndSaysWhy) {
  LogOutput output = Open("/dev/full");
  EXPECT_EQ(output.Write("line\n"), -ENOSPC);
}

TEST_F(LogOutputTest, FifoIsWrittenOnceSomebodyReadsIt) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  LogOutput output = Open(path_);
  EXPECT_EQ(output.Write("line\n"), -ENXIO);
  ends_[0] = open(path_.c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_EQ(output.Write("line\n"), 5);
  EXPECT_EQ(Fill(output), -EAGAIN);
  close(ends_[0]);
  EXPECT_EQ(output.Write("line\n"), -EPIPE);
  ends_[0] = open(path_.c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_EQ(output.Write("line\n"), 5);
}

TEST_F(LogOutputTest, SameFileIsKnownUnderEachOfItsNames) {
  const LogOutput output = Open(path_);
  EXPECT_TRUE(output.IsSameFileAs(Open(path_)));
  EXPECT_FALSE(output.IsSameFileAs(Open("/dev/null")));
  std::remove(path_.c_str());
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  const LogOutput unread = Open(path_);
  ends_[0] = open(path_.c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_TRUE(unread.IsSameFileAs(Open(path_)));
}

TEST_F(LogOutputTest, FullPipeOfOthersIsNotWaitedForAndKeepsItsFlags) {
  ASSERT_EQ(pipe2(ends_, O_CLOEXEC), 0);
  LogOutput output = LogOutput::Standard(ends_[1]);
  EXPECT_EQ(Fill(output), -EAGAIN);
  ExpectWaits(ends_[1]);
  close(ends_[0]);
  ends_[0] = -1;
  EXPECT_EQ(output.Write("line\n"), -EPIPE);
}

// Whoever runs under another user than who made the pipe, as containers do, may not open it again.
TEST_F(LogOutputTest, FullPipeOfAnotherUserIsNotWaitedForEither) {
  if (geteuid() != 0) GTEST_SKIP() << "expected root, who can become somebody else";
  const pid_t child = fork();
  if (child == 0) {
    if (pipe2(ends_, O_CLOEXEC) != 0 || setuid(kUnprivilegedUser) != 0) _exit(2);
    LogOutput output = LogOutput::Standard(ends_[1]);
    if (Fill(output) != -EAGAIN) _exit(3);
    if ((fcntl(ends_[1], F_GETFL) & O_NONBLOCK) != 0) _exit(4);
    close(ends_[0]);
    _exit(output.Write("line\n") == -EPIPE ? 0 : 5);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(LogOutputTest, FullSocketIsNotWaitedFor) {
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_), 0);
  LogOutput output = LogOutput::Standard(ends_[1]);
  EXPECT_EQ(Fill(output), -EAGAIN);
  ExpectWaits(ends_[1]);
  close(ends_[0]);
  ends_[0] = -1;
  EXPECT_EQ(output.Write("line\n"), -EPIPE);
}

TEST_F(LogOutputTest, FileOfOthersIsWrittenWhereTheyAre) {
  ends_[1] = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(write(ends_[1], "theirs\n", 7), 7);
  LogOutput output = LogOutput::Standard(ends_[1]);
  EXPECT_EQ(output.Write("line\n"), 5);
  EXPECT_EQ(lseek(ends_[1], 0, SEEK_CUR), 12);
}

TEST_F(LogOutputTest, WhatNobodyCanAppendToIsRefused) {
  EXPECT_EQ(LogOutput::Open(::testing::TempDir()).status().message(), "Is a directory");
  EXPECT_EQ(LogOutput::Open(path_ + "/no/folder").status().message(), "No such file or directory");
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  ASSERT_EQ(chdir(::testing::TempDir().c_str()), 0);  // a socket's path has 107 bytes at most
  std::strcpy(at.sun_path, "log_output_socket");
  std::remove(at.sun_path);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof(at)), 0);
  EXPECT_EQ(LogOutput::Open(at.sun_path).status().message(),
            "a socket, or a device without a driver");
  std::remove(at.sun_path);
  close(fd);
}

}  // namespace
}  // namespace sluice
