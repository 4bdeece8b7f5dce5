#include "tools/sluiced/process_log.h"

#include <unistd.h>

#include <deque>
#include <mutex>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/limits.h"
#include "relay/log/calendar_time.h"

namespace sluice {
namespace {

// A process that cannot say why it fails ends all the same: SIGALRM does it.
constexpr unsigned kLastWordsSeconds = 5;

constexpr char kLetters[] = "IWEF";

std::string LineOf(google::LogSeverity severity, std::string_view file, int line,
                   std::string_view message) {
  return absl::StrCat(CalendarTime(absl::Now()), " ", std::string(1, kLetters[severity]), " ",
                      std::string(file), ":", line, "] ", std::string(message), "\n");
}

}  // namespace

class ProcessLog::Queue : public LogSource {
 public:
  void Put(std::string line) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (lines_.size() >= limits::kLogLines) {
      ++lost_;
    } else {
      lines_.push_back(std::move(line));
    }
  }

  void Take(size_t bytes_max, std::string* text) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    while (!lines_.empty() && text->size() < bytes_max) {
      *text += lines_.front();
      lines_.pop_front();
    }
    // They would have come now.
    if (!lines_.empty() || lost_ == lost_told_) return;
    *text += LineOf(google::GLOG_WARNING, "process_log.cc", __LINE__,
                    absl::StrCat(lost_ - lost_told_,
                                 " lines of this log were lost, because standard error took none"));
    lost_told_ = lost_;
  }
  uint64_t Waiting() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lines_.size();
  }
  // There is no other place to say it.
  void OnUnwritable(int) override {}
  void OnWritable() override {}

  uint64_t lost() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lost_;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> lines_;
  uint64_t lost_ = 0;
  uint64_t lost_told_ = 0;
};

absl::StatusOr<std::unique_ptr<ProcessLog>> ProcessLog::Start() {
  std::unique_ptr<ProcessLog> log(new ProcessLog);
  log->queue_ = std::make_shared<Queue>();
  absl::StatusOr<std::unique_ptr<LogWriter>> writer =
      LogWriter::Start("log", LogOutput::Standard(STDERR_FILENO), "", log->queue_);
  if (!writer.ok()) return writer.status();
  log->writer_ = *std::move(writer);
  // To here only: neither to standard error itself nor to files.
  FLAGS_logtostderr = false;
  FLAGS_alsologtostderr = false;
  FLAGS_stderrthreshold = google::NUM_SEVERITIES;
  FLAGS_log_utc_time = true;  // so that nobody who logs looks for a time zone
  for (google::LogSeverity severity = 0; severity < google::NUM_SEVERITIES; ++severity)
    google::SetLogDestination(severity, "");
  google::AddLogSink(log.get());
  return log;
}

ProcessLog::~ProcessLog() {
  if (writer_ == nullptr) return;  // it was not started
  google::RemoveLogSink(this);
  writer_->Close();
}

void ProcessLog::Say(std::string_view line) {
  queue_->Put(absl::StrCat(std::string(line), "\n"));
  writer_->Wake();
}

uint64_t ProcessLog::lines_lost() const { return queue_->lost(); }

void ProcessLog::send(google::LogSeverity severity, const char*, const char* file, int line,
                      const google::LogMessageTime&, const char* message, size_t size) {
  std::string text = LineOf(severity, file, line, std::string_view(message, size));
  if (severity != google::GLOG_FATAL) {
    queue_->Put(std::move(text));
    writer_->Wake();
    return;
  }
  // What glog has to say after this, a stack trace, goes to standard error by itself.
  alarm(kLastWordsSeconds);
  std::string last;
  queue_->Take(limits::kLogBatchBytes, &last);
  last += text;
  for (size_t at = 0; at < last.size();) {
    const ssize_t written = write(STDERR_FILENO, last.data() + at, last.size() - at);
    if (written <= 0) break;
    at += static_cast<size_t>(written);
  }
}

}  // namespace sluice
