#include "tools/sluiced/config_file.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/admin/sha256.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using Step = ConfigFile::Step;

class ConfigFileTest : public ::testing::Test {
 protected:
  ConfigFileTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ::testing::UnitTest::GetInstance()->current_test_info()->name()),
        path_(folder_ / "sluice.toml") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~ConfigFileTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& text) { std::ofstream(path_) << text; }
  std::string Text() {
    std::ifstream file(path_);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  const std::filesystem::path folder_;
  const std::filesystem::path path_;
};

TEST_F(ConfigFileTest, IsReplacedWithItsModeAndLeavesNothingBeside) {
  Write("old\n");
  std::filesystem::permissions(path_, std::filesystem::perms(0640));
  const ConfigFile file(path_);
  EXPECT_EQ(file.Sha256(), Sha256Of("old\n"));
  ASSERT_TRUE(file.Replace(Sha256Of("old\n"), "new\n").ok());
  EXPECT_EQ(Text(), "new\n");
  EXPECT_EQ(file.Sha256(), Sha256Of("new\n"));
  EXPECT_EQ(std::filesystem::status(path_).permissions(), std::filesystem::perms(0640));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_),
                          std::filesystem::directory_iterator()),
            1);
}

TEST_F(ConfigFileTest, WhatWasEditedByHandIsNotOverwritten) {
  Write("by hand\n");
  const ConfigFile file(path_);
  const absl::Status status = file.Replace(Sha256Of("old\n"), "new\n");
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("edited by hand"));
  EXPECT_EQ(Text(), "by hand\n");
}

// As late as it can be noticed.
TEST_F(ConfigFileTest, AnEditWhileTheNewTextIsWrittenIsNotOverwritten) {
  Write("old\n");
  const ConfigFile file(path_);
  const absl::Status status = file.Replace(Sha256Of("old\n"), "new\n", [&](Step step) {
    if (step == Step::kLook) Write("hand\n");  // as long, within the same second
  });
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_EQ(Text(), "hand\n");
}

TEST_F(ConfigFileTest, TheFirstOneTakesNoOthersPlace) {
  const ConfigFile file(path_);
  ASSERT_TRUE(file.Replace("", "new\n").ok());
  EXPECT_EQ(Text(), "new\n");
  EXPECT_TRUE(absl::IsAborted(file.Replace("", "newer\n")));
  EXPECT_EQ(Text(), "new\n");
}

TEST_F(ConfigFileTest, ALinkIsFollowed) {
  std::filesystem::create_directories(folder_ / "real");
  std::ofstream(folder_ / "real/there.toml") << "old\n";
  std::filesystem::create_symlink("real/there.toml", path_);
  ASSERT_TRUE(ConfigFile(path_).Replace(Sha256Of("old\n"), "new\n").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
  EXPECT_EQ(Text(), "new\n");
}

// The process is gone between any two steps: what stands there is whole, and the next try is not in
// the way of what was left.
TEST_F(ConfigFileTest, ADeathAtAnyStepLeavesTheOldTextOrTheNewOne) {
  const std::string old(100'000, 'o'), fresh(200'000, 'n');
  for (int last = 0; last <= static_cast<int>(Step::kDone); ++last) {
    std::filesystem::remove(path_);
    Write(old);
    const pid_t child = fork();
    if (child == 0) {
      const absl::Status ignored = ConfigFile(path_).Replace(Sha256Of(old), fresh, [&](Step step) {
        if (step == static_cast<Step>(last)) _exit(7);
      });
      _exit(ignored.ok() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(WEXITSTATUS(status), 7) << last;
    const bool renamed = last > static_cast<int>(Step::kRename);
    EXPECT_EQ(Text() == (renamed ? fresh : old), true) << last;
    EXPECT_TRUE(ConfigFile(path_).Replace(Sha256Of(renamed ? fresh : old), "again\n").ok());
    EXPECT_EQ(Text(), "again\n");
  }
}

TEST_F(ConfigFileTest, WithoutAPathThereIsNoneAndASentenceSaysWhatToDo) {
  EXPECT_THAT(std::string(ConfigFile("").Writable().message()), HasSubstr("--config"));
  EXPECT_EQ(ConfigFile("").Sha256(), "");
  EXPECT_FALSE(ConfigFile("").Replace("", "new\n").ok());
}

}  // namespace
}  // namespace sluice
