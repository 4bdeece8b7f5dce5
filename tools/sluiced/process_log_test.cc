// Standard error is a pipe of the test's for as long as a ProcessLog runs.

#include "tools/sluiced/process_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::MatchesRegex;
using ::testing::SizeIs;

// Once in a process; without it glog writes to standard error itself.
void InitLogging() {
  static const bool done = [] {
    google::InitGoogleLogging("process_log_test");
    return true;
  }();
  EXPECT_TRUE(done);
}

class ProcessLogTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { InitLogging(); }

  ProcessLogTest() : kept_(dup(STDERR_FILENO)) {
    std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    reader_ = ends[0];
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    fcntl(STDERR_FILENO, F_SETPIPE_SZ, 4096);
    absl::StatusOr<std::unique_ptr<ProcessLog>> log = ProcessLog::Start();
    if (!log.ok()) std::abort();
    log_ = *std::move(log);
  }
  ~ProcessLogTest() override {
    log_.reset();
    dup2(kept_, STDERR_FILENO);
    close(kept_);
    if (reader_ >= 0) close(reader_);
  }

  // Ends the log, while all that it still writes is read.
  std::vector<std::string> End() {
    std::thread closer([this] {
      log_.reset();
      dup2(kept_, STDERR_FILENO);
    });
    std::string text;
    char bytes[4096];
    for (ssize_t got; (got = read(reader_, bytes, sizeof bytes)) > 0;)
      text.append(bytes, static_cast<size_t>(got));
    closer.join();
    return absl::StrSplit(text, '\n', absl::SkipEmpty());
  }

  const int kept_;
  int reader_ = -1;
  std::unique_ptr<ProcessLog> log_;
};

TEST_F(ProcessLogTest, LineHasItsTimeWithAZoneItsSeverityAndItsPlace) {
  LOG(INFO) << "hello";
  LOG(WARNING) << "two\n  lines";
  LOG(ERROR) << "bad";
  log_->Say("as it is");
  const std::vector<std::string> lines = End();
  ASSERT_THAT(lines, SizeIs(5));
  constexpr char kTime[] = "....-..-..T..:..:..\\....Z ";
  EXPECT_THAT(lines[0], MatchesRegex(std::string(kTime) + "I process_log_test.cc:.*\\] hello"));
  EXPECT_THAT(lines[1], MatchesRegex(std::string(kTime) + "W process_log_test.cc:.*\\] two"));
  EXPECT_EQ(lines[2], "  lines");
  EXPECT_THAT(lines[3], MatchesRegex(std::string(kTime) + "E process_log_test.cc:.*\\] bad"));
  EXPECT_EQ(lines[4], "as it is");
}

TEST_F(ProcessLogTest, WhoLogsGoesOnWhenNobodyReadsAndWhatIsLostIsCounted) {
  constexpr char kLost[] = " lines of this log were lost, because standard error took none";
  constexpr int kThreads = 4;
  constexpr int kLines = 2000;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([] {
      for (int line = 0; line < kLines; ++line) LOG(WARNING) << "line " << line;
    });
  }
  for (std::thread& thread : threads) thread.join();
  const uint64_t lost = log_->lines_lost();
  EXPECT_GT(lost, 0u);
  // It may be told in parts.
  uint64_t told = 0;
  uint64_t written = 0;
  for (const std::string& line : End()) {
    if (!absl::EndsWith(line, kLost)) {
      ++written;
      continue;
    }
    const size_t number = line.find("] ") + 2;
    told += std::stoull(line.substr(number));
  }
  EXPECT_EQ(told, lost);
  EXPECT_EQ(written, kThreads * kLines - lost);
}

TEST_F(ProcessLogTest, EndIsReachedThoughNobodyReads) {
  for (int i = 0; i < 2000; ++i) LOG(INFO) << "line " << i;
  log_.reset();
}

TEST_F(ProcessLogTest, ReaderThatIsGoneEndsNothing) {
  close(reader_);
  reader_ = -1;
  for (int i = 0; i < 2000; ++i) LOG(INFO) << "line " << i;
  log_.reset();
}

void FailAfterALine() {
  InitLogging();
  const auto log = ProcessLog::Start();
  LOG(INFO) << "before";
  CHECK(false) << "what went wrong";
}

TEST(ProcessLogDeathTest, FailedCheckComesOutBehindTheLinesBefore) {
  EXPECT_DEATH(FailAfterALine(),
               "before\n.*F process_log_test.cc:.*Check failed: false what went wrong");
}

}  // namespace
}  // namespace sluice
