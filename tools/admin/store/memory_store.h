#ifndef SLUICE_TOOLS_ADMIN_STORE_MEMORY_STORE_H_
#define SLUICE_TOOLS_ADMIN_STORE_MEMORY_STORE_H_

// MemoryStore: a Store that forgets everything with the process, for a gateway without a state
// folder and for tests. Keeps less than the one on disk does. Any thread.

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tools/admin/store/store.h"

namespace sluice {

class MemoryStore final : public Store {
 public:
  MemoryStore();
  ~MemoryStore() override;

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
  void Flush() override {}
  absl::Status ForEachRequest(const LogRange& range,
                              absl::FunctionRef<bool(const LoggedRequest&)> visit) override;
  absl::StatusOr<uint64_t> CountRequests(const LogRange& range) override;

 private:
  class Requests;

  mutable std::mutex lock_;
  std::deque<Revision> revisions_;
  int64_t last_revision_ = 0;
  std::deque<AuditRecord> audit_;
  std::string hash_before_;  // of the oldest record of the audit
  std::vector<Lock> locks_;
  std::map<std::string, AdministratorRow, std::less<>> administrators_;
  std::map<std::string, TokenRow, std::less<>> tokens_;
  RuleCountsByName rule_counts_;
  const std::shared_ptr<Requests> requests_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_MEMORY_STORE_H_
