#include "core/regular_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr size_t kRoom = 1u << 20;

class RegularFileTest : public ::testing::Test {
 protected:
  RegularFileTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~RegularFileTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }
  // Both must say so, and neither may wait.
  static void ExpectRefused(const std::string& path, const std::string& why) {
    EXPECT_THAT(std::string(ReadRegularFile(path, kRoom).status().message()),
                StartsWith(path + ": " + why));
    EXPECT_THAT(std::string(CheckRegularFile(path).message()), StartsWith(path + ": " + why));
  }

  const std::filesystem::path folder_;
};

TEST_F(RegularFileTest, TextIsReadWhole) {
  for (const size_t size : {0u, 1u, 4095u, 4096u, 4097u, 300'000u, 1u << 20}) {
    std::string text(size, '\0');
    for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 256);
    const absl::StatusOr<std::string> read = ReadRegularFile(Write("file", text), kRoom);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(*read == text) << size;
  }
}

TEST_F(RegularFileTest, FileThatSaysItIsEmptyIsReadToItsEnd) {
  const absl::StatusOr<std::string> read = ReadRegularFile("/proc/self/status", kRoom);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(*read, HasSubstr("Pid:"));
}

TEST_F(RegularFileTest, MoreThanThereIsRoomForIsRefusedUnread) {
  const std::string path = Write("large", std::string(kRoom + 1, 'x'));
  EXPECT_THAT(std::string(ReadRegularFile(path, kRoom).status().message()),
              StartsWith(path + ": expected at most 1 MB, found more"));
  // A terabyte of nothing: who read it first would not be here soon.
  ASSERT_EQ(truncate(path.c_str(), off_t{1} << 40), 0);
  EXPECT_THAT(std::string(ReadRegularFile(path, kRoom).status().message()),
              StartsWith(path + ": expected at most 1 MB, found more"));
}

TEST_F(RegularFileTest, WhatIsNoRegularFileIsRefusedByItsNameWithoutWaiting) {
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  ExpectRefused(Path("fifo"), "expected a regular file, found a FIFO; ");
  std::filesystem::create_symlink("fifo", Path("link"));
  ExpectRefused(Path("link"), "expected a regular file, found a FIFO; ");
  ExpectRefused("/dev/zero", "expected a regular file, found a device; ");
  ExpectRefused(folder_.string(), "expected a regular file, found a folder; ");
}

TEST_F(RegularFileTest, SocketIsRefusedByItsName) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  // The path of a socket has 107 bytes at most.
  std::filesystem::current_path(folder_);
  std::strcpy(at.sun_path, "socket");
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof(at)), 0);
  ExpectRefused("socket", "expected a regular file, found a socket; ");
  close(fd);
  std::filesystem::current_path("/");
}

TEST_F(RegularFileTest, WhatIsNotThereIsRefusedWithWhatLinuxSaid) {
  ExpectRefused(Path("none"), "expected a readable file, found: No such file or directory; ");
}

}  // namespace
}  // namespace sluice
