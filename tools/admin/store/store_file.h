#ifndef SLUICE_TOOLS_ADMIN_STORE_STORE_FILE_H_
#define SLUICE_TOOLS_ADMIN_STORE_STORE_FILE_H_

// StoreFile: one file of the store with a connection that writes and one that reads. A file that is
// damaged is set aside, under its name with the time behind it, and a new one is begun: what it had
// can still be looked for there, and the gateway goes on.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/admin/store/database.h"
#include "tools/admin/store/schema.h"

namespace sluice {

class StoreFile {
 public:
  using Work = absl::FunctionRef<absl::Status(Database&)>;

  struct Kind {
    Database::Care care;
    Schema schema;
    bool looked_through;  // as a whole when it is opened, which takes long for a large one
  };

  static absl::StatusOr<std::unique_ptr<StoreFile>> Open(const std::string& path, const Kind& kind);

  // In one transaction: all of it, or nothing and why. Where the file turns out to be damaged,
  // `work` is done once more on a new one. One thread.
  absl::Status Write(Work work);
  // One at a time, on any thread.
  absl::Status Read(Work work);
  // Where a reader has found damage. The thread that writes.
  absl::Status SetAsideDamaged() { return SetAside("a reader has found it damaged"); }

  // Damaged files, by their new names, since this one was opened. Any thread.
  std::vector<std::string> set_aside() const;
  // On disk.
  int64_t Bytes() const;

 private:
  StoreFile(std::string path, const Kind& kind) : path_(std::move(path)), kind_(kind) {}
  absl::Status Connect();
  absl::Status TryWrite(Work work);
  absl::Status SetAside(const std::string& why);

  const std::string path_;
  const Kind kind_;
  std::unique_ptr<Database> writer_;  // null where the file cannot be opened, for now

  mutable std::mutex reading_;
  std::unique_ptr<Database> reader_;
  mutable std::mutex telling_;
  std::vector<std::string> set_aside_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_STORE_FILE_H_
