#include "tools/admin/unix_door.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/admin/callers.h"
#include "tools/admin/short_folder.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

int Connect(const std::string& path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::memcpy(at.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0) return fd;
  close(fd);
  return -1;
}

mode_t ModeOf(const std::string& path) {
  struct stat found {};
  return lstat(path.c_str(), &found) == 0 ? found.st_mode : 0;
}

TEST(UnixDoorTest, ListensInAFolderThatItMakes) {
  const ShortFolder folder;
  const std::string path = folder / "run/admin.sock";
  const auto door = OpenUnixDoor(path);
  ASSERT_TRUE(door.ok()) << door.status();
  EXPECT_TRUE(S_ISSOCK(ModeOf(path)));
  EXPECT_EQ(ModeOf(path) & 07777u, 0660u);
  EXPECT_EQ(ModeOf(folder / "run") & 07777u, geteuid() == 0 ? 0755u : 0700u);
  const int caller = Connect(path);
  EXPECT_GE(caller, 0);
  close(caller);
  close(door->listening);
}

TEST(UnixDoorTest, WhatADeadProcessLeftIsReplaced) {
  const ShortFolder folder;
  const std::string path = folder / "admin.sock";
  const auto dead = OpenUnixDoor(path);
  ASSERT_TRUE(dead.ok()) << dead.status();
  close(dead->listening);
  const auto door = OpenUnixDoor(path);
  ASSERT_TRUE(door.ok()) << door.status();
  close(door->listening);
}

TEST(UnixDoorTest, AnotherProcessKeepsItsDoor) {
  const ShortFolder folder;
  const std::string path = folder / "admin.sock";
  const auto first = OpenUnixDoor(path);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = OpenUnixDoor(path);
  EXPECT_TRUE(absl::IsAlreadyExists(second.status())) << second.status();
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("--admin_socket=PATH"));
  const int caller = Connect(path);
  EXPECT_GE(caller, 0);
  close(caller);
  close(first->listening);
}

TEST(UnixDoorTest, NothingButASocketIsEverRemoved) {
  const ShortFolder folder;
  const std::string path = folder / "admin.sock";
  std::ofstream(path) << "precious";
  EXPECT_FALSE(OpenUnixDoor(path).ok());
  EXPECT_TRUE(S_ISREG(ModeOf(path)));
  const std::string link = folder / "link";
  std::filesystem::create_symlink(path, link);
  EXPECT_FALSE(OpenUnixDoor(link).ok());
  EXPECT_TRUE(S_ISLNK(ModeOf(link)));
}

TEST(UnixDoorTest, APathThatIsTooLongIsTold) {
  const ShortFolder folder;
  const auto door = OpenUnixDoor(folder / std::string(200, 'a'));
  EXPECT_THAT(std::string(door.status().message()), HasSubstr("at most 107 bytes"));
}

TEST(UnixDoorTest, ItTakesAwayItsOwnFileOnly) {
  const ShortFolder folder;
  const std::string path = folder / "admin.sock";
  const auto first = OpenUnixDoor(path);
  ASSERT_TRUE(first.ok()) << first.status();
  close(first->listening);
  std::filesystem::rename(path, folder / "moved");  // so that its inode is not used again
  const auto second = OpenUnixDoor(path);
  ASSERT_TRUE(second.ok()) << second.status();
  RemoveUnixDoor(path, *first);
  EXPECT_TRUE(S_ISSOCK(ModeOf(path)));
  RemoveUnixDoor(path, *second);
  EXPECT_EQ(ModeOf(path), 0u);
  close(second->listening);
}

TEST(CallersTest, RootAndTheDaemonsUserAreAdministrators) {
  for (const uid_t uid : {uid_t{0}, geteuid()}) {
    const Caller caller = CallerOf({uid, getegid()});
    EXPECT_EQ(caller.role, Role::kAdministrator);
    EXPECT_TRUE(caller.reads_all_files);
    EXPECT_EQ(caller.uid, uid);
    EXPECT_EQ(caller.door, "unix");
  }
}

TEST(CallersTest, WhoIsInNoGroupIsAStranger) {
  const Caller caller = CallerOf({3'999'999'999u, 3'999'999'999u});
  EXPECT_EQ(caller.role, Role::kStranger);
  EXPECT_FALSE(caller.reads_all_files);
  EXPECT_EQ(caller.name, "uid 3999999999");
}

}  // namespace
}  // namespace sluice
