#include "tools/sluiced/daemon.h"

#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sluiced/signals.h"

namespace sluice {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class LoadSnapshotTest : public ::testing::Test {
 protected:
  LoadSnapshotTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~LoadSnapshotTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  absl::StatusOr<std::shared_ptr<const Snapshot>> Load(const std::string& path) {
    return LoadSnapshot(path, absl::FromUnixSeconds(1'700'000'000), 7);
  }
  std::string Complaint(const std::string& path) {
    return std::string(Load(path).status().message());
  }

  // Whether a client may ask for `name` at all.
  static Verdict VerdictOf(const Snapshot& snapshot, std::string_view name) {
    PolicyRequest request;
    request.client = *Endpoint::Parse("192.0.2.1:50000");
    request.name = name;
    request.port = 443;
    return snapshot.Decide(request).verdict;
  }

  const std::filesystem::path folder_;
};

TEST_F(LoadSnapshotTest, ShippedConfigurationIsBuiltInAndAllowsEverythingOnLoopbackListeners) {
  const auto snapshot = Load("");
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->generation(), 7u);
  ASSERT_EQ((*snapshot)->rules().size(), 1u);
  EXPECT_EQ((*snapshot)->rules()[0].name, "socks_request_allow_all");
  EXPECT_EQ((*snapshot)->rules()[0].verdict, Verdict::kAllow);
  EXPECT_TRUE((*snapshot)->service().enabled);
  EXPECT_FALSE((*snapshot)->service().socks4);
  EXPECT_EQ((*snapshot)->service().port, 1080);
  EXPECT_THAT((*snapshot)->service().listen, ElementsAre(ListenPlace{*Address::Parse("127.0.0.1")},
                                                         ListenPlace{*Address::Parse("::1")}));
}

TEST_F(LoadSnapshotTest, ListFilesLieBesideTheConfiguration) {
  Write("lists/partners.txt", "partner.example\n");
  const std::string absolute = Write("elsewhere/others.txt", "other.example\n");
  const auto snapshot =
      Load(Write("sluice.toml",
                 "[[rule]]\nname = \"partners\"\nverdict = \"allow\"\ndestination = "
                 "[\"file:lists/partners.txt\", \"file:" +
                     absolute + "\"]\n"));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(VerdictOf(**snapshot, "partner.example"), Verdict::kResolve);
  EXPECT_EQ(VerdictOf(**snapshot, "other.example"), Verdict::kResolve);
  EXPECT_EQ(VerdictOf(**snapshot, "stranger.example"), Verdict::kDeny);
}

TEST_F(LoadSnapshotTest, ErrorNamesTheFileAsItWasGiven) {
  const std::string path = Write("sluice.toml", "[socks]\nprot = 1080\n");
  EXPECT_THAT(Complaint(path), AllOf(StartsWith(path + ":2:1: expected "), HasSubstr("port")));
}

TEST_F(LoadSnapshotTest, MistakeInAuthenticationIsToldWithItsPlaceAndWithoutThePassword) {
  const std::string path = Write("sluice.toml",
                                 "[auth]\nmethods = [\"pasword\"]\n"
                                 "[[user]]\nname = \"alice\"\npassword = \"hunter2\"\n");
  EXPECT_THAT(Complaint(path),
              AllOf(StartsWith(path +
                               ":2:12: expected a method, found \"pasword\"; did you mean "
                               "\"password\"?\n" +
                               path + ":5:12: expected a crypt(3) hash"),
                    HasSubstr("--hash_password"), Not(HasSubstr("hunter2"))));
}

TEST_F(LoadSnapshotTest, MissingFileIsRefusedWithASentence) {
  const std::string path = (folder_ / "none.toml").string();
  EXPECT_THAT(
      Complaint(path),
      AllOf(StartsWith(path + ": expected a readable file, found: No such file or directory"),
            EndsWith("check the path and its permissions")));
}

TEST_F(LoadSnapshotTest, FolderIsNoConfiguration) {
  EXPECT_THAT(Complaint(folder_.string()), HasSubstr("expected a regular file, found a folder"));
}

TEST_F(LoadSnapshotTest, WhatHasNoEndIsNeitherConfigurationNorList) {
  const std::string fifo = (folder_ / "fifo").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(Complaint(fifo), HasSubstr("expected a regular file, found a FIFO"));
  EXPECT_THAT(Complaint("/dev/zero"), HasSubstr("expected a regular file, found a device"));
  for (const std::string& list : {fifo, std::string("/dev/zero")}) {
    const std::string path = Write(
        "sluice.toml",
        "[[rule]]\nname = \"a\"\nverdict = \"deny\"\ndestination = [\"file:" + list + "\"]\n");
    EXPECT_THAT(Complaint(path), AllOf(StartsWith(path + ":4:"), HasSubstr(list),
                                       HasSubstr("expected a regular file, found a")));
  }
}

TEST_F(LoadSnapshotTest, NoMoreIsReadThanAConfigurationMayHave) {
  const std::string path = Write("sluice.toml", "");
  std::filesystem::resize_file(path, uintmax_t{1} << 40);
  EXPECT_THAT(Complaint(path), HasSubstr("expected at most 64 MB, found more"));
}

TEST_F(LoadSnapshotTest, MissingListFileIsRefusedWithThePlaceThatNamesIt) {
  const std::string path =
      Write("sluice.toml",
            "[[rule]]\nname = \"a\"\nverdict = \"deny\"\ndestination = [\"file:gone.txt\"]\n");
  EXPECT_THAT(Complaint(path), AllOf(StartsWith(path + ":4:"), HasSubstr("gone.txt")));
}

constexpr char kFailing[] =
    "[[rule]]\nname = \"web\"\nverdict = \"allow\"\n"
    "[[test]]\nclient = \"10.1.2.3\"\ndestination = \"a.example\"\nport = 80\nexpect = \"deny\"\n";

TEST_F(LoadSnapshotTest, PolicyThatFailsItsOwnTestIsRefused) {
  const std::string path = Write("sluice.toml", kFailing);
  EXPECT_EQ(Complaint(path),
            path +
                ":4:1: expected deny in the test \"test 1\", found allow by \"web\"; correct the "
                "rules, or what the test expects");
}

// Where a rule has expired, the policy from before would be the worse one.
TEST_F(LoadSnapshotTest, FailedTestDoesNotKeepAnExpiryFromForce) {
  const std::string path = Write("sluice.toml", kFailing);
  EXPECT_TRUE(
      LoadSnapshot(path, absl::FromUnixSeconds(1'700'000'000), 7, FailedTrials::kTell).ok());
}

TEST_F(LoadSnapshotTest, EmptyConfigurationDeniesEverything) {
  const auto snapshot = Load(Write("sluice.toml", ""));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(VerdictOf(**snapshot, "www.example.com"), Verdict::kDeny);
}

TEST(DaemonSignalsTest, SignalsAreTakenOneAtATime) {
  BlockDaemonSignals();
  for (const int signal : {SIGHUP, SIGTERM, SIGINT, SIGUSR1}) {
    raise(signal);
    EXPECT_EQ(NextDaemonSignal(absl::InfiniteDuration()), signal);
  }
  EXPECT_EQ(NextDaemonSignal(absl::ZeroDuration()), 0);
  EXPECT_EQ(NextDaemonSignal(-absl::InfiniteDuration()), 0);
}

TEST(DaemonSignalsTest, WriteToAClosedPipeDoesNotEndTheProcess) {
  BlockDaemonSignals();
  EXPECT_EQ(raise(SIGPIPE), 0);
}

TEST(DaemonSignalsTest, LogAtItsLimitOfSizeDoesNotEndTheProcess) {
  BlockDaemonSignals();
  EXPECT_EQ(raise(SIGXFSZ), 0);
}

}  // namespace
}  // namespace sluice
