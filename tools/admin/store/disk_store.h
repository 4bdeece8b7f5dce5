#ifndef SLUICE_TOOLS_ADMIN_STORE_DISK_STORE_H_
#define SLUICE_TOOLS_ADMIN_STORE_DISK_STORE_H_

// DiskStore: a Store in two files of SQLite in the state folder. store.db has what must not be lost
// and is small; log.db the requests, which are many and of which the last moments may be missing
// after a power cut. One thread writes both ("admin-store", behind everything else that wants the
// CPU); whoever reads does so on its own thread. Any thread.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tools/admin/store/request_inbox.h"
#include "tools/admin/store/request_log.h"
#include "tools/admin/store/store.h"
#include "tools/admin/store/store_file.h"
#include "tools/admin/work_queue.h"

namespace sluice {

class DiskStore final : public Store {
 public:
  struct Options {
    int64_t audit_records_max;
    RequestLog::Options log;
  };
  static Options DefaultOptions();

  // In a folder that is there and that nobody else uses (state_folder.h).
  static absl::StatusOr<std::unique_ptr<DiskStore>> Open(const std::string& folder,
                                                         const Options& options = DefaultOptions());
  // Writes what waits.
  ~DiskStore() override;

  StoreState state() const override;
  absl::StatusOr<int64_t> AddRevision(const Revision& revision) override;
  absl::StatusOr<std::vector<Revision>> ListRevisions(int64_t before, size_t limit) override;
  absl::StatusOr<Revision> GetRevision(int64_t number) override;
  absl::Status Audit(const AuditRecord& record) override;
  absl::StatusOr<std::vector<AuditRecord>> ListAudit(int64_t before, size_t limit) override;
  absl::StatusOr<AuditVerdict> VerifyAudit() override;
  absl::Status SaveLocks(const std::vector<Lock>& locks) override;
  absl::StatusOr<std::vector<Lock>> LoadLocks() override;
  absl::Status PutAdministrator(const AdministratorRow& row) override;
  absl::StatusOr<AdministratorRow> GetAdministrator(std::string_view name) override;
  absl::Status DeleteAdministrator(std::string_view name) override;
  absl::StatusOr<std::vector<AdministratorRow>> ListAdministrators() override;
  absl::Status PutToken(const TokenRow& row) override;
  absl::StatusOr<TokenRow> GetToken(std::string_view id) override;
  absl::Status DeleteToken(std::string_view id) override;
  absl::StatusOr<std::vector<TokenRow>> ListTokens() override;
  void SaveRuleCounts(const RuleCountsByName& counts) override;
  absl::StatusOr<RuleCountsByName> LoadRuleCounts() override;
  std::shared_ptr<RecordReader> request_reader() override;
  void Flush() override;
  absl::Status ForEachRequest(const LogRange& range,
                              absl::FunctionRef<bool(const LoggedRequest&)> visit) override;
  absl::StatusOr<uint64_t> CountRequests(const LogRange& range) override;

 private:
  using Work = std::function<absl::Status(Database&)>;

  DiskStore(std::string folder, const Options& options);

  // --- Any thread
  // Returns when it is on disk, or why it is not.
  absl::Status Write(const Work& work);
  template <typename Value>
  absl::StatusOr<Value> Read(StoreFile& file,
                             absl::FunctionRef<absl::StatusOr<Value>(Database&)> select);
  void WriteRequestsSoon();

  // --- The thread that writes
  void NoteOutcome(const absl::Status& status, const std::string& what);
  void WriteRequests();

  const std::string folder_;
  const Options options_;
  std::unique_ptr<StoreFile> store_;
  std::unique_ptr<StoreFile> log_;
  RequestLog requests_;
  std::shared_ptr<RequestInbox> inbox_;
  std::atomic<uint64_t> records_lost_ = 0;
  std::atomic<uint64_t> requests_unwritten_ = 0;
  mutable std::mutex telling_;
  std::string fault_;
  std::unique_ptr<WorkQueue> writer_;  // uses all of the above
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_DISK_STORE_H_
