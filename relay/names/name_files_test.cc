#include "relay/names/name_files.h"

#include <sys/stat.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Endpoint At(const char* address) { return Endpoint{*Address::Parse(address), 53}; }

void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

class NameFilesTest : public ::testing::Test {
 protected:
  NameFilesTest() : folder_(::testing::TempDir() + "/names.XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~NameFilesTest() override {
    files_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string Path(const char* name) const { return folder_ + "/" + name; }
  void Open() {
    files_ = *NameFiles::Open({.resolv_conf = Path("resolv.conf"), .hosts = Path("hosts")});
    sources_ = files_->Read();
  }
  void Watch() {
    ASSERT_TRUE(files_
                    ->Watch([this](const NameSources& sources) {
                      const std::lock_guard<std::mutex> lock(mutex_);
                      sources_ = sources;
                      handed_.notify_all();
                    })
                    .ok());
  }
  // Waits until that is the one server that is asked; the test's own time-out is the only one.
  void AwaitServer(const char* address) {
    const auto is_it = [this, address] {
      return sources_.servers->conf().servers == std::vector<Endpoint>{At(address)};
    };
    std::unique_lock<std::mutex> lock(mutex_);
    handed_.wait(lock, is_it);
  }
  void AwaitName(const char* name) {
    const auto is_there = [this, name] { return !sources_.hosts->Find(name).empty(); };
    std::unique_lock<std::mutex> lock(mutex_);
    handed_.wait(lock, is_there);
  }

  std::string folder_;
  std::unique_ptr<NameFiles> files_;
  // Not Abseil's: as Debian builds it, the thread sanitizer does not see its locks.
  std::mutex mutex_;
  std::condition_variable handed_;
  NameSources sources_;
};

TEST_F(NameFilesTest, BothAreRead) {
  Write(Path("resolv.conf"), "nameserver 192.0.2.53\n");
  Write(Path("hosts"), "192.0.2.7 printer\n");
  Open();
  EXPECT_THAT(sources_.servers->conf().servers, ElementsAre(At("192.0.2.53")));
  EXPECT_THAT(sources_.hosts->Find("printer"), ElementsAre(*Address::Parse("192.0.2.7")));
}

TEST_F(NameFilesTest, MissingOneIsAnEmptyOne) {
  Open();
  EXPECT_THAT(sources_.servers->conf().servers, ElementsAre(At("127.0.0.1")));
  EXPECT_THAT(sources_.hosts->Find("printer"), IsEmpty());
}

TEST_F(NameFilesTest, FileThatComesLaterIsSeen) {
  Open();
  Watch();
  Write(Path("resolv.conf"), "nameserver 192.0.2.53\n");
  AwaitServer("192.0.2.53");
  Write(Path("hosts"), "192.0.2.7 printer\n");
  AwaitName("printer");
}

TEST_F(NameFilesTest, FileThatIsWrittenInPlaceIsSeen) {
  Write(Path("resolv.conf"), "");
  Open();
  Watch();
  for (const char* server : {"192.0.2.53", "192.0.2.54"}) {
    Write(Path("resolv.conf"), std::string("nameserver ") + server + "\n");
    AwaitServer(server);
  }
}

TEST_F(NameFilesTest, FileThatIsReplacedIsSeen) {
  Write(Path("resolv.conf"), "nameserver 192.0.2.53\n");
  Open();
  Watch();
  for (const char* server : {"192.0.2.54", "192.0.2.55"}) {
    Write(Path("resolv.conf.new"), std::string("nameserver ") + server + "\n");
    std::filesystem::rename(Path("resolv.conf.new"), Path("resolv.conf"));
    AwaitServer(server);
  }
}

TEST_F(NameFilesTest, ChangeBehindALinkIsSeenAndThatOfTheLink) {
  std::filesystem::create_directory(Path("run"));
  std::filesystem::create_symlink("run/stub", Path("resolv.conf"));
  Open();
  Watch();
  Write(Path("run/stub"), "nameserver 192.0.2.53\n");
  AwaitServer("192.0.2.53");
  Write(Path("run/stub.new"), "nameserver 192.0.2.54\n");
  std::filesystem::rename(Path("run/stub.new"), Path("run/stub"));
  AwaitServer("192.0.2.54");
  Write(Path("run/other"), "nameserver 192.0.2.55\n");
  std::filesystem::create_symlink("run/other", Path("link"));
  std::filesystem::rename(Path("link"), Path("resolv.conf"));
  AwaitServer("192.0.2.55");
}

TEST_F(NameFilesTest, ServersThatStayTheSameAreTheSameWithWhatIsRememberedOfThem) {
  Write(Path("resolv.conf"), "nameserver 192.0.2.53\n");
  Open();
  const auto servers = sources_.servers;
  Watch();
  Write(Path("resolv.conf"), "# renewed\nnameserver 192.0.2.53\n");
  Write(Path("hosts"), "192.0.2.7 printer\n");
  AwaitName("printer");
  const std::lock_guard<std::mutex> lock(mutex_);
  EXPECT_EQ(sources_.servers, servers);
}

TEST_F(NameFilesTest, WhatIsNoRegularFileIsNotWaitedForAndLeavesInForceWhatWasRead) {
  Write(Path("resolv.conf"), "nameserver 192.0.2.53\n");
  Write(Path("hosts"), "192.0.2.7 printer\n");
  Open();
  Watch();
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  std::filesystem::rename(Path("fifo"), Path("resolv.conf"));
  Write(Path("hosts"), "192.0.2.7 printer\n192.0.2.8 scanner\n");
  AwaitName("scanner");
  AwaitServer("192.0.2.53");
}

TEST_F(NameFilesTest, StartsWithWhatIsNoRegularFileAsWithAnEmptyOne) {
  ASSERT_EQ(mkfifo(Path("resolv.conf").c_str(), 0600), 0);
  ASSERT_EQ(mkfifo(Path("hosts").c_str(), 0600), 0);
  Open();
  EXPECT_THAT(sources_.servers->conf().servers, ElementsAre(At("127.0.0.1")));
}

TEST_F(NameFilesTest, ReadAgainReadsThoughNothingTells) {
  Open();
  files_->ReadAgain();
  Write(Path("hosts"), "192.0.2.7 printer\n");
  Watch();
  AwaitName("printer");
}

}  // namespace
}  // namespace sluice
