// A disk that is full is a limit on the size of files: it takes a part of a line, and then nothing.

#include "relay/log/log_writer.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <deque>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;

class Lines : public LogSource {
 public:
  void Put(const std::string& line) {
    const std::lock_guard<std::mutex> lock(mutex_);
    lines_.push_back(line + "\n");
  }
  void Take(size_t bytes_max, std::string* text) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (; !lines_.empty() && text->size() < bytes_max; lines_.pop_front()) *text += lines_.front();
  }
  uint64_t Waiting() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lines_.size();
  }
  void OnUnwritable(int error) override { error_ = error; }
  void OnWritable() override { error_ = 0; }

  // Until the writer has said so; without a limit, the test's own is one.
  void AwaitError(int error) const {
    while (error_.load() != error) std::this_thread::yield();
  }

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> lines_;
  std::atomic<int> error_ = 0;
};

class LogWriterTest : public ::testing::Test {
 protected:
  LogWriterTest()
      : path_(::testing::TempDir() + "/log_writer_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name()),
        lines_(std::make_shared<Lines>()) {
    std::remove(path_.c_str());
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &room_);
  }
  ~LogWriterTest() override {
    GiveRoom();
    writer_.reset();
    std::remove(path_.c_str());
  }

  void Start() {
    absl::StatusOr<LogOutput> output = LogOutput::Open(path_);
    ASSERT_TRUE(output.ok()) << output.status();
    auto writer = LogWriter::Start("test", *std::move(output), path_, lines_);
    ASSERT_TRUE(writer.ok()) << writer.status();
    writer_ = *std::move(writer);
  }
  void Put(const std::string& line) {
    lines_->Put(line);
    writer_->Wake();
  }
  // From now on no file may be longer.
  void LeaveRoomFor(rlim_t bytes) const {
    const rlimit limit{bytes, room_.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  void GiveRoom() const { setrlimit(RLIMIT_FSIZE, &room_); }
  static std::string ReadAll(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  static std::string FirstLineOf(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
  }
  static std::vector<std::string> LinesOf(const std::string& path) {
    return absl::StrSplit(ReadAll(path), '\n', absl::SkipEmpty());
  }
  // The third of five lines is cut in the middle.
  void CutALine() {
    Start();
    LeaveRoomFor(25);
    for (const char* line : {"line-one-", "line-two-", "line-three-", "line-four-", "line-five-"})
      Put(line);
    lines_->AwaitError(EFBIG);
    ASSERT_EQ(ReadAll(path_), "line-one-\nline-two-\nline-");
  }

  const std::string path_;
  const std::shared_ptr<Lines> lines_;
  std::unique_ptr<LogWriter> writer_;
  rlimit room_;
};

TEST_F(LogWriterTest, LineThatWasCutIsCompletedOnceThereIsRoom) {
  CutALine();
  GiveRoom();
  lines_->AwaitError(0);
  EXPECT_EQ(writer_->Close(), 0u);
  EXPECT_EQ(ReadAll(path_), "line-one-\nline-two-\nline-three-\nline-four-\nline-five-\n");
}

TEST_F(LogWriterTest, LineThatWasCutIsWrittenWholeWhereTheFileWasEmptied) {
  CutALine();
  ASSERT_EQ(truncate(path_.c_str(), 0), 0);
  GiveRoom();
  lines_->AwaitError(0);
  EXPECT_EQ(writer_->Close(), 0u);
  EXPECT_EQ(ReadAll(path_), "line-three-\nline-four-\nline-five-\n");
}

TEST_F(LogWriterTest, LineThatWasCutIsGluedToNobodyElses) {
  CutALine();
  // Another process, for which there is room already.
  const pid_t other = fork();
  if (other == 0) {
    GiveRoom();
    const int fd = open(path_.c_str(), O_WRONLY | O_APPEND);
    _exit(write(fd, "his", 3) == 3 ? 0 : 1);
  }
  int status = -1;
  waitpid(other, &status, 0);
  ASSERT_EQ(status, 0);
  GiveRoom();
  lines_->AwaitError(0);
  EXPECT_EQ(writer_->Close(), 0u);
  EXPECT_THAT(LinesOf(path_), ElementsAre("line-one-", "line-two-", "line-his", "line-three-",
                                          "line-four-", "line-five-"));
}

TEST_F(LogWriterTest, LineThatWasCutStandsWholeInTheNextFile) {
  CutALine();
  const std::string rotated = path_ + ".1";
  ASSERT_EQ(std::rename(path_.c_str(), rotated.c_str()), 0);
  writer_->Reopen();
  GiveRoom();
  lines_->AwaitError(0);
  EXPECT_EQ(writer_->Close(), 0u);
  EXPECT_EQ(ReadAll(path_), "line-three-\nline-four-\nline-five-\n");
  EXPECT_EQ(ReadAll(rotated), "line-one-\nline-two-\nline-");
  std::remove(rotated.c_str());
}

TEST_F(LogWriterTest, ReopeningTheSameFileTearsNothing) {
  CutALine();
  writer_->Reopen();
  GiveRoom();
  lines_->AwaitError(0);
  EXPECT_EQ(writer_->Close(), 0u);
  EXPECT_EQ(ReadAll(path_), "line-one-\nline-two-\nline-three-\nline-four-\nline-five-\n");
}

TEST_F(LogWriterTest, LinesThatAFullDiskDoesNotTakeAreCountedAtTheEnd) {
  CutALine();
  EXPECT_EQ(writer_->Close(), 3u);
  EXPECT_EQ(writer_->Close(), 0u) << "once";
}

TEST_F(LogWriterTest, FifoThatNobodyReadsKeepsNobodyFromEnding) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  Start();
  Put("one");
  lines_->AwaitError(ENXIO);
  Put("two");
  EXPECT_EQ(writer_->Close(), 2u);
}

TEST_F(LogWriterTest, LinesWaitForAReaderThatComesLaterAndForTheNextOne) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  Start();
  Put("one");
  lines_->AwaitError(ENXIO);
  EXPECT_EQ(FirstLineOf(path_), "one");
  Put("two");
  lines_->AwaitError(EPIPE);
  EXPECT_EQ(FirstLineOf(path_), "two");
  EXPECT_EQ(writer_->Close(), 0u);
}

TEST_F(LogWriterTest, ReaderThatHasStoppedKeepsNobodyFromEnding) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  const int reader = open(path_.c_str(), O_RDONLY | O_NONBLOCK);
  Start();
  constexpr size_t kLines = 1000;
  for (size_t i = 0; i < kLines; ++i) Put(std::string(999, 'x'));
  const uint64_t lost = writer_->Close();
  std::string text(2 << 20, '\0');
  const ssize_t got = read(reader, text.data(), text.size());
  close(reader);
  ASSERT_GT(got, 0);
  EXPECT_EQ(lost, kLines - static_cast<size_t>(got) / 1000);
}

TEST_F(LogWriterTest, SlowReaderGetsEverythingAtTheEnd) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  const int reader = open(path_.c_str(), O_RDONLY | O_NONBLOCK);
  Start();
  constexpr size_t kLines = 1000;
  for (size_t i = 0; i < kLines; ++i) Put(std::string(999, 'x'));
  std::thread closer([this] {
    EXPECT_EQ(writer_->Close(), 0u);
    writer_.reset();
  });
  fcntl(reader, F_SETFL, 0);
  char bytes[10'000];
  size_t read_in_all = 0;
  for (ssize_t got; (got = read(reader, bytes, sizeof bytes)) > 0;)
    read_in_all += static_cast<size_t>(got);
  closer.join();
  close(reader);
  EXPECT_EQ(read_in_all, kLines * 1000);
}

}  // namespace
}  // namespace sluice
