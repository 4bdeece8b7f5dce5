#include "relay/log/access_log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "relay/log/calendar_time.h"
#include "relay/log/json_line.h"
#include "relay/log/session_words.h"

namespace sluice {
namespace {

// How often it is told that lines are lost, or cannot be written.
constexpr std::chrono::seconds kTellEvery{10};

}  // namespace

std::string FormatAccessRecord(const AccessRecord& record) {
  JsonLine line;
  line["time"] = CalendarTime(record.started);
  line["session"] = SessionWord(record);
  line["client"] = record.client.ToString();
  line["version"] = VersionWord(record.version);
  if (!record.user.view().empty()) line["user"] = record.user.view();
  if (record.auth != SessionAuth::kUnknown) line["auth"] = ToString(record.auth);
  if (record.auth_verdict != AuthVerdict::kAccepted)
    line["auth_failed"] = ToString(record.auth_verdict);
  if (record.requested) {
    line["command"] = CommandWord(record.command);
    line["destination"] = DestinationWord(record);
    line["port"] = record.requested_address.port;
  }
  if (record.dialled) line["target"] = record.target.ToString();
  if (record.egress.port != 0) {
    line["egress"] = record.egress.ToString();
  } else if (!record.egress.address.is_unspecified()) {
    line["egress"] = record.egress.address.ToString();
  }
  if (!record.rule.view().empty()) line["rule"] = record.rule.view();
  if (record.replied) line["reply"] = static_cast<int>(record.reply);
  line["bytes_up"] = record.bytes_up;
  line["bytes_down"] = record.bytes_down;
  if (record.bound.port != 0) {
    line["bound"] = record.bound.ToString();
    line["datagrams_up"] = record.datagrams_up;
    line["datagrams_down"] = record.datagrams_down;
    line["datagrams_dropped"] = record.datagrams_dropped;
  }
  line["duration_ms"] = absl::ToInt64Milliseconds(record.duration);
  line["ended_by"] = ToString(record.ended_by);
  line["state"] = ToString(record.state);
  std::string why(record.why);
  if (const std::string_view missing = record.missing.view(); !missing.empty())
    why.append(": ").append(missing);
  line["why"] = why;
  if (record.error != 0) line["error"] = std::generic_category().message(record.error);
  return std::move(line).Finish();
}

// A ring of records: the shard moves `filled_`, the writer moves `taken_`; each reads the other's.
class AccessLog::Lane : public AccessSink {
 public:
  explicit Lane(std::unique_ptr<LogWriter>& writer)
      : writer_(writer), records_(limits::kAccessLogRecords) {}

  bool Write(const AccessRecord& record) override {
    const uint64_t filled = filled_.load(std::memory_order_relaxed);
    if (filled - taken_.load(std::memory_order_acquire) == records_.size()) {
      lost_.store(lost_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      return false;
    }
    records_[filled % records_.size()] = record;
    // Sequentially consistent with the writer's own saying that it sleeps and load of filled_: one
    // of the two sees the other.
    filled_.store(filled + 1);
    writer_->Wake();
    return true;
  }

  // The next ones that stand side by side.
  absl::Span<const AccessRecord> Next() const {
    const uint64_t taken = taken_.load(std::memory_order_relaxed);
    const uint64_t at = taken % records_.size();
    const uint64_t count = std::min(filled_.load() - taken, records_.size() - at);
    return absl::MakeConstSpan(records_).subspan(at, count);
  }
  void Pop(size_t count) {
    taken_.store(taken_.load(std::memory_order_relaxed) + count, std::memory_order_release);
  }
  uint64_t waiting() const { return filled_.load() - taken_.load(); }
  uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  std::unique_ptr<LogWriter>& writer_;
  std::vector<AccessRecord> records_;
  alignas(64) std::atomic<uint64_t> filled_ = 0;
  std::atomic<uint64_t> lost_ = 0;
  alignas(64) std::atomic<uint64_t> taken_ = 0;
};

class AccessLog::Lanes : public LogSource {
 public:
  Lanes(std::string path, std::unique_ptr<LogWriter>& writer, int shards,
        std::shared_ptr<RecordReader> reader)
      : path_(path == "-" ? "standard output" : std::move(path)), reader_(std::move(reader)) {
    for (int i = 0; i < shards; ++i) lanes_.push_back(std::make_unique<Lane>(writer));
  }

  Lane& lane(size_t shard) { return *lanes_[shard]; }

  void Take(size_t bytes_max, std::string* text) override {
    for (auto& lane : lanes_) {
      for (auto next = lane->Next(); !next.empty(); next = lane->Next()) {
        size_t taken = 0;
        while (taken < next.size() && text->size() < bytes_max)
          *text += FormatAccessRecord(next[taken++]);
        if (reader_ != nullptr && taken > 0) reader_->Read(next.first(taken));
        lane->Pop(taken);
        if (text->size() >= bytes_max) return;
      }
    }
    TellLosses(0);
  }

  uint64_t Waiting() const override {
    uint64_t waiting = 0;
    for (const auto& lane : lanes_) waiting += lane->waiting();
    return waiting;
  }

  void OnUnwritable(int error) override {
    const auto now = std::chrono::steady_clock::now();
    if (now < complain_again_) return;
    complain_again_ = now + kTellEvery;
    complained_ = true;
    LOG(ERROR) << "access log: cannot write to " << path_ << ": "
               << (error == ENXIO ? "nobody reads it" : strerrordesc_np(error)) << "; up to "
               << limits::kAccessLogRecords << " lines of each shard wait until it can be written";
  }
  void OnWritable() override {
    if (std::exchange(complained_, false))
      LOG(WARNING) << "access log: " << path_ << " can be written again";
    TellLosses(0);
  }

  // Those of the rings and `more`.
  void TellLosses(uint64_t more) {
    const std::lock_guard<std::mutex> lock(telling_);
    uint64_t lost = more;
    for (const auto& lane : lanes_) lost += lane->lost();
    const auto now = std::chrono::steady_clock::now();
    if (lost == told_ || (more == 0 && now < tell_again_)) return;
    LOG(WARNING) << "access log: " << lost - told_ << (lost - told_ == 1 ? " line" : " lines")
                 << " lost because " << path_ << " was not written, or too slowly";
    told_ = lost;
    tell_again_ = now + kTellEvery;
  }

 private:
  const std::string path_;
  const std::shared_ptr<RecordReader> reader_;
  std::vector<std::unique_ptr<Lane>> lanes_;

  // --- The writer's thread: a disk that is full now and then is no reason to fill another
  bool complained_ = false;
  std::chrono::steady_clock::time_point complain_again_;

  std::mutex telling_;
  uint64_t told_ = 0;
  std::chrono::steady_clock::time_point tell_again_;
};

absl::StatusOr<std::unique_ptr<AccessLog>> AccessLog::Open(const std::string& path, int shards,
                                                           std::shared_ptr<RecordReader> reader) {
  absl::StatusOr<LogOutput> output =
      path == "-" ? absl::StatusOr<LogOutput>(LogOutput::Standard(STDOUT_FILENO))
                  : LogOutput::Open(path);
  if (!output.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--access_log=", path, ": expected a file that can be appended to, found: ",
        output.status().message(), "; name another file, or \"-\" for standard output"));
  }
  std::unique_ptr<AccessLog> log(new AccessLog);
  log->lanes_ = std::make_shared<Lanes>(path, log->writer_, shards, std::move(reader));
  absl::StatusOr<std::unique_ptr<LogWriter>> writer =
      LogWriter::Start("access-log", *std::move(output), path == "-" ? "" : path, log->lanes_);
  if (!writer.ok()) return writer.status();
  log->writer_ = *std::move(writer);
  return log;
}

AccessLog::~AccessLog() {
  if (writer_ != nullptr) Close();
}

AccessSink& AccessLog::sink(int shard) { return lanes_->lane(static_cast<size_t>(shard)); }

void AccessLog::TellLosses() { lanes_->TellLosses(0); }

uint64_t AccessLog::Close() {
  const uint64_t left = writer_->Close();
  lanes_->TellLosses(left);
  return left;
}

}  // namespace sluice
