#include "tools/admin/store/store_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "glog/logging.h"

namespace sluice {
namespace {

// What the library puts beside a file.
constexpr const char* kSuffixes[] = {"", "-wal", "-shm"};

absl::Status LookThrough(Database& database) {
  Statement check = database.Prepare("PRAGMA quick_check(1)");
  std::string found = "nothing";
  if (check.Next()) found = check.String(0);
  if (absl::Status status = check.status(); !status.ok()) return status;
  return found == "ok" ? absl::OkStatus() : absl::DataLossError(found);
}

}  // namespace

absl::StatusOr<std::unique_ptr<StoreFile>> StoreFile::Open(const std::string& path,
                                                           const Kind& kind) {
  std::unique_ptr<StoreFile> file(new StoreFile(path, kind));
  absl::Status status = file->Connect();
  if (IsDamage(status)) status = file->SetAside(std::string(status.message()));
  if (!status.ok()) {
    return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  }
  return file;
}

absl::Status StoreFile::Connect() {
  absl::StatusOr<std::unique_ptr<Database>> writer =
      Database::Open(path_, Database::Access::kWrites, kind_.care);
  if (!writer.ok()) return writer.status();
  absl::Status status = kind_.looked_through ? LookThrough(**writer) : absl::OkStatus();
  if (status.ok()) status = Migrate(**writer, kind_.schema);
  if (!status.ok()) return status;
  absl::StatusOr<std::unique_ptr<Database>> reader =
      Database::Open(path_, Database::Access::kReads, kind_.care);
  if (!reader.ok()) return reader.status();
  writer_ = *std::move(writer);
  const std::lock_guard<std::mutex> lock(reading_);
  reader_ = *std::move(reader);
  return absl::OkStatus();
}

absl::Status StoreFile::Write(Work work) {
  absl::Status status = TryWrite(work);
  if (!IsDamage(status)) return status;
  status = SetAside(std::string(status.message()));
  return status.ok() ? TryWrite(work) : status;
}

absl::Status StoreFile::TryWrite(Work work) {
  if (writer_ == nullptr) {
    if (absl::Status status = Connect(); !status.ok()) return status;
  }
  Transaction transaction(*writer_);
  absl::Status status = work(*writer_);
  return status.ok() ? transaction.Commit() : status;
}

absl::Status StoreFile::Read(Work work) {
  const std::lock_guard<std::mutex> lock(reading_);
  if (reader_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("expected to read ", path_, ", found that it cannot be opened"));
  }
  return work(*reader_);
}

// Both connections go first: what is open cannot be begun anew.
absl::Status StoreFile::SetAside(const std::string& why) {
  writer_.reset();
  {
    const std::lock_guard<std::mutex> lock(reading_);
    reader_.reset();
  }
  const std::string name = absl::StrCat(
      path_, ".damaged-", absl::FormatTime("%Y%m%dT%H%M%E6SZ", absl::Now(), absl::UTCTimeZone()));
  for (const char* suffix : kSuffixes) {
    if (rename((path_ + suffix).c_str(), (name + suffix).c_str()) == 0 || errno == ENOENT) continue;
    return absl::PermissionDeniedError(absl::StrCat("expected to set the damaged ", path_, suffix,
                                                    " aside, found: ", strerrordesc_np(errno)));
  }
  LOG(ERROR) << path_ << " is damaged (" << why << "); it was set aside as " << name
             << ", and a new one is begun";
  {
    const std::lock_guard<std::mutex> lock(telling_);
    set_aside_.push_back(name);
  }
  return Connect();
}

std::vector<std::string> StoreFile::set_aside() const {
  const std::lock_guard<std::mutex> lock(telling_);
  return set_aside_;
}

int64_t StoreFile::Bytes() const {
  int64_t bytes = 0;
  for (const char* suffix : kSuffixes) {
    struct stat found {};
    if (stat((path_ + suffix).c_str(), &found) == 0) bytes += found.st_size;
  }
  return bytes;
}

}  // namespace sluice
