#include "relay/log/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "relay/log/json_line.h"

namespace sluice {
namespace {

std::string_view VersionName(Version version) {
  switch (version) {
    case Version::kSocks4: return "4";
    case Version::kSocks4a: return "4a";
    case Version::kSocks5: return "5";
    case Version::kUnknown: break;
  }
  return "";
}

std::string_view CommandName(Command command) {
  switch (command) {
    case Command::kConnect: return "connect";
    case Command::kBind: return "bind";
    case Command::kUdpAssociate: return "udp_associate";
  }
  return "";
}

// 2026-01-02T03:04:05.678Z: what absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ") gives, without looking
// for a time zone.
std::string CalendarTime(absl::Time time) {
  const int64_t millis = absl::ToUnixMillis(time);
  const time_t seconds = absl::ToTimeT(time);
  tm parts;
  gmtime_r(&seconds, &parts);
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                         parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                         millis - seconds * 1000);
}

int OpenForAppend(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

}  // namespace

std::string FormatAccessRecord(const AccessRecord& record) {
  JsonLine line;
  line["time"] = CalendarTime(record.started);
  line["session"] = absl::StrCat(record.shard, "-", record.session);
  line["client"] = record.client.ToString();
  line["version"] = VersionName(record.version);
  if (!record.user.view().empty()) line["user"] = record.user.view();
  if (record.auth != SessionAuth::kUnknown) line["auth"] = ToString(record.auth);
  if (record.auth_verdict != AuthVerdict::kAccepted)
    line["auth_failed"] = ToString(record.auth_verdict);
  if (record.requested) {
    line["command"] = CommandName(record.command);
    line["destination"] = record.name.view().empty() ? record.requested_address.address.ToString()
                                                     : std::string(record.name.view());
    line["port"] = record.requested_address.port;
  }
  if (record.dialled) line["target"] = record.target.ToString();
  if (record.egress.port != 0) line["egress"] = record.egress.ToString();
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
  line["why"] = record.why;
  if (record.error != 0) line["error"] = std::generic_category().message(record.error);
  return std::move(line).Finish();
}

// A ring of records: the shard moves `filled_`, the writer moves `taken_`; each reads the other's.
class AccessLog::Lane : public AccessSink {
 public:
  explicit Lane(AccessLog& log) : log_(log), records_(limits::kAccessLogRecords) {}

  bool Write(const AccessRecord& record) override {
    const uint64_t filled = filled_.load(std::memory_order_relaxed);
    if (filled - taken_.load(std::memory_order_acquire) == records_.size()) {
      lost_.store(lost_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      return false;
    }
    records_[filled % records_.size()] = record;
    // Sequentially consistent with the writer's own store to asleep_ and load of filled_: one of
    // the two sees the other.
    filled_.store(filled + 1);
    if (log_.asleep_.load() != 0) log_.Wake();
    return true;
  }

  const AccessRecord* Next() const {
    const uint64_t taken = taken_.load(std::memory_order_relaxed);
    if (taken == filled_.load()) return nullptr;
    return &records_[taken % records_.size()];
  }
  void Pop() {
    taken_.store(taken_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  // Since the last call.
  uint64_t TakeLost() {
    const uint64_t lost = lost_.load(std::memory_order_relaxed);
    const uint64_t since = lost - lost_told_;
    lost_told_ = lost;
    return since;
  }

 private:
  AccessLog& log_;
  std::vector<AccessRecord> records_;
  alignas(64) std::atomic<uint64_t> filled_ = 0;
  std::atomic<uint64_t> lost_ = 0;
  alignas(64) std::atomic<uint64_t> taken_ = 0;
  uint64_t lost_told_ = 0;
};

absl::StatusOr<std::unique_ptr<AccessLog>> AccessLog::Open(const std::string& path, int shards) {
  const int fd = path == "-" ? STDOUT_FILENO : OpenForAppend(path);
  if (fd < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--access_log=", path, ": expected a file that can be appended to, found: ",
                     strerrordesc_np(errno), "; name another file, or \"-\" for standard output"));
  }
  return std::unique_ptr<AccessLog>(new AccessLog(path, fd, shards));
}

AccessLog::AccessLog(const std::string& path, int fd, int shards) : path_(path), fd_(fd) {
  for (int i = 0; i < shards; ++i) lanes_.push_back(std::make_unique<Lane>(*this));
  writer_ = std::thread([this] { Run(); });
}

AccessLog::~AccessLog() {
  stop_.store(true);
  Wake();
  writer_.join();
  if (fd_ != STDOUT_FILENO) close(fd_);
}

AccessSink& AccessLog::sink(int shard) { return *lanes_[static_cast<size_t>(shard)]; }

void AccessLog::Wake() {
  asleep_.store(0);
  asleep_.notify_one();
}

void AccessLog::Run() {
  while (true) {
    if (reopen_.exchange(false)) ReopenNow();
    if (Drain()) {
      // A busy gateway closes many sessions a millisecond: let a batch gather, so that they share a
      // wake-up and a write.
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    if (stop_.load()) return;
    asleep_.store(1);
    // Looks again after saying that it sleeps, so that a record written between is not left until
    // the next one.
    if (Drain() || stop_.load() || reopen_.load()) {
      asleep_.store(0);
      continue;
    }
    asleep_.wait(1);
  }
}

// Writes what is there; false where nothing was.
bool AccessLog::Drain() {
  bool any = false;
  for (auto& lane : lanes_) {
    while (const AccessRecord* record = lane->Next()) {
      any = true;
      pending_ += FormatAccessRecord(*record);
      lane->Pop();
      if (pending_.size() >= 64 * 1024) WriteOut();
    }
    if (const uint64_t lost = lane->TakeLost()) {
      LOG(WARNING) << "access log: " << lost << " lines lost because " << path_
                   << " is written too slowly; use a faster disk";
    }
  }
  if (!pending_.empty()) WriteOut();
  return any;
}

void AccessLog::WriteOut() {
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const ssize_t written = write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      LOG_EVERY_N(ERROR, 1000) << "access log: cannot write to " << path_ << ": "
                               << strerrordesc_np(errno)
                               << "; lines are lost until it can be written";
      break;
    }
    rest.remove_prefix(static_cast<size_t>(written));
  }
  pending_.clear();
}

void AccessLog::ReopenNow() {
  if (path_ == "-") return;
  const int fd = OpenForAppend(path_);
  if (fd < 0) {
    LOG(ERROR) << "access log: cannot reopen " << path_ << ": " << strerrordesc_np(errno)
               << "; going on with the file open before";
    return;
  }
  close(fd_);
  fd_ = fd;
}

}  // namespace sluice
