#ifndef SLUICE_TOOLS_SLUICED_CONFIG_FILE_H_
#define SLUICE_TOOLS_SLUICED_CONFIG_FILE_H_

// ConfigFile: sluice.toml where an administrator has it, and may edit it at any time. It is read,
// watched and replaced: by a new file beside it that takes its name when it is whole on the disk,
// so that whoever reads, and whoever comes after a crash, finds the old text or the new one. What
// somebody has written by hand meanwhile is never overwritten. Any thread that may wait.

#include <sys/stat.h>

#include <mutex>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice {

class ConfigFile {
 public:
  // The steps of Replace, in their order, each named for what comes next.
  enum class Step : uint8_t { kCreate, kWrite, kSync, kLook, kRename, kSyncFolder, kDone };
  using Follow = absl::FunctionRef<void(Step)>;

  // Empty: there is none, and none is written.
  explicit ConfigFile(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  absl::StatusOr<std::string> Read() const;

  // What stands there, as Sha256Of has it; "" where nothing can be read. Costs one stat(2) as long
  // as the file looks as it did.
  std::string Sha256() const;

  // OK where Replace may hope to succeed.
  absl::Status Writable() const;
  // `sha256`: of what stands there now; "": nothing does. Aborted where it is something else. Owner
  // and mode stay; a link is followed.
  absl::Status Replace(const std::string& sha256, const std::string& text) const {
    return Replace(sha256, text, [](Step) {});
  }
  // `follow` hears of each step before it is made: for tests.
  absl::Status Replace(const std::string& sha256, const std::string& text, Follow follow) const;

 private:
  const std::string path_;
  mutable std::mutex lock_;
  mutable std::optional<struct stat> seen_;
  mutable std::string seen_sha256_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_CONFIG_FILE_H_
