// The writer's turn (Run): take a batch of lines, write it, and again; with nothing to do it sleeps
// until it is woken. While the output takes nothing (WriteBatch says so) the batch is kept, and
// tried again now and then.

#include "relay/log/log_writer.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <utility>

#include "absl/synchronization/notification.h"
#include "core/limits.h"
#include "core/start_thread.h"
#include "glog/logging.h"

namespace sluice {

using Clock = std::chrono::steady_clock;

class LogWriter::Desk {
 public:
  Desk(LogOutput output, std::string reopen_path, std::shared_ptr<LogSource> source)
      : reopen_path_(std::move(reopen_path)),
        source_(std::move(source)),
        output_(std::move(output)) {}

  void Run();

  // --- Any thread
  void Wake() {
    if (asleep_.load() == 0) return;
    asleep_.store(0);
    asleep_.notify_one();
  }
  void Reopen() {
    reopen_.store(true);
    Wake();
  }
  void Stop() {
    stop_.store(true);
    Wake();
  }
  // False where the thread has not come back in time.
  bool AwaitEnd() {
    return ended_.WaitForNotificationWithTimeout(limits::kLogFarewell + limits::kLogStall);
  }
  uint64_t lines_left() const { return in_batch_.load() + source_->Waiting(); }

 private:
  bool WriteBatch();
  bool MayGoOn();
  void ReopenNow();
  void Sleep();
  void NoteRefusal(int error);
  void BeginLineAgain();

  size_t LineStart() const {
    const size_t end = written_ == 0 ? batch_.npos : batch_.rfind('\n', written_ - 1);
    return end == batch_.npos ? 0 : end + 1;
  }
  bool line_is_cut() const { return written_ > LineStart(); }

  const std::string reopen_path_;
  const std::shared_ptr<LogSource> source_;

  // --- The writer's thread
  LogOutput output_;
  std::string batch_;
  size_t written_ = 0;                                       // of batch_
  int64_t cut_size_ = -1;                                    // of the file, when it took no more
  bool unwritable_ = false;                                  // and the source was told
  bool given_up_ = false;                                    // at the end
  Clock::time_point stopped_at_ = Clock::time_point::max();  // when it first saw that it shall
  Clock::time_point progress_at_;

  // --- Others'
  std::atomic<uint64_t> in_batch_ = 0;  // lines of batch_ that are not written whole
  std::atomic<bool> reopen_ = false;
  std::atomic<bool> stop_ = false;
  std::atomic<uint32_t> asleep_ = 0;  // 1: the writer waits for it to change
  absl::Notification ended_;
};

void LogWriter::Desk::Run() {
  while (MayGoOn()) {
    if (reopen_.exchange(false)) ReopenNow();
    if (batch_.empty()) {
      source_->Take(limits::kLogBatchBytes, &batch_);
      in_batch_.store(static_cast<uint64_t>(std::count(batch_.begin(), batch_.end(), '\n')));
    }
    if (batch_.empty()) {
      if (stop_.load()) break;
      Sleep();
    } else if (!WriteBatch()) {
      output_.Await(limits::kLogRetry);
    } else if (!stop_.load()) {
      // A busy gateway has many lines a millisecond: let a batch gather, so that they share a
      // wake-up and a write.
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  ended_.Notify();
}

// Whether to try on: at the end only for so long, and only for a reader that is slow.
bool LogWriter::Desk::MayGoOn() {
  if (!stop_.load()) return true;
  const Clock::time_point now = Clock::now();
  if (stopped_at_ == Clock::time_point::max()) stopped_at_ = progress_at_ = now;
  return !given_up_ && now - stopped_at_ < absl::ToChronoNanoseconds(limits::kLogFarewell) &&
         now - progress_at_ < absl::ToChronoNanoseconds(limits::kLogStall);
}

void LogWriter::Desk::Sleep() {
  asleep_.store(1);
  // Looks again after saying that it sleeps, so that a line that came between is not left until the
  // next one.
  if (source_->Waiting() > 0 || stop_.load() || reopen_.load()) {
    asleep_.store(0);
    return;
  }
  asleep_.wait(1);
}

// False where the output takes no more for now.
bool LogWriter::Desk::WriteBatch() {
  // Somebody has emptied the file meanwhile, or written to it: the rest of a line would be torn.
  if (line_is_cut() && output_.Size() != cut_size_) BeginLineAgain();
  bool moved = false;
  while (written_ < batch_.size()) {
    const ssize_t taken = output_.Write(std::string_view(batch_).substr(written_));
    if (taken == -EINTR) continue;
    if (taken <= 0) {
      if (moved) cut_size_ = output_.Size();
      NoteRefusal(static_cast<int>(-taken));
      return false;
    }
    const auto from = batch_.begin() + static_cast<ptrdiff_t>(written_);
    in_batch_.fetch_sub(static_cast<uint64_t>(std::count(from, from + taken, '\n')));
    written_ += static_cast<size_t>(taken);
    moved = true;
    progress_at_ = Clock::now();
    if (std::exchange(unwritable_, false)) source_->OnWritable();
  }
  batch_.clear();
  written_ = 0;
  return true;
}

void LogWriter::Desk::NoteRefusal(int error) {
  if (error == EAGAIN) return;
  given_up_ = stop_.load();
  if (!std::exchange(unwritable_, true)) source_->OnUnwritable(error);
}

void LogWriter::Desk::BeginLineAgain() {
  written_ = LineStart();
  if (output_.Size() <= 0) return;
  batch_.insert(written_, 1, '\n');
  in_batch_.fetch_add(1);
}

void LogWriter::Desk::ReopenNow() {
  if (reopen_path_.empty()) return;
  absl::StatusOr<LogOutput> other = LogOutput::Open(reopen_path_);
  if (!other.ok()) {
    LOG(ERROR) << "cannot reopen " << reopen_path_ << ": " << other.status().message()
               << "; going on with the file open before";
    return;
  }
  if (other->IsSameFileAs(output_)) return;
  written_ = LineStart();
  output_ = *std::move(other);
}

absl::StatusOr<std::unique_ptr<LogWriter>> LogWriter::Start(const std::string& name,
                                                            LogOutput output,
                                                            const std::string& reopen_path,
                                                            std::shared_ptr<LogSource> source) {
  auto desk = std::make_shared<Desk>(std::move(output), reopen_path, std::move(source));
  absl::StatusOr<std::thread> thread = StartThread(name, [desk] { desk->Run(); });
  if (!thread.ok()) return thread.status();
  return std::unique_ptr<LogWriter>(new LogWriter(desk, *std::move(thread)));
}

void LogWriter::Wake() { desk_->Wake(); }
void LogWriter::Reopen() { desk_->Reopen(); }

uint64_t LogWriter::Close() {
  if (!thread_.joinable()) return 0;
  desk_->Stop();
  if (desk_->AwaitEnd()) {
    thread_.join();
  } else {
    thread_.detach();  // in the hands of Linux; it ends with the process
  }
  return desk_->lines_left();
}

}  // namespace sluice
