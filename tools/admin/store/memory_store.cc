#include "tools/admin/store/memory_store.h"

#include <algorithm>
#include <utility>

#include "tools/admin/store/audit_chain.h"
#include "tools/admin/store/bounds.h"
#include "tools/admin/store/faults.h"

namespace sluice {
namespace {

// Of rows with growing numbers, the last `limit` below `before`, newest first.
template <typename Row>
std::vector<Row> Newest(const std::deque<Row>& rows, int64_t before, size_t limit) {
  std::vector<Row> found;
  for (auto row = rows.rbegin(); row != rows.rend() && found.size() < limit; ++row) {
    if (before <= 0 || row->number < before) found.push_back(*row);
  }
  return found;
}

template <typename Row>
absl::StatusOr<Row> Find(const std::map<std::string, Row, std::less<>>& rows,
                         std::string_view key) {
  const auto found = rows.find(key);
  if (found == rows.end()) return NoSuchAccount();
  return found->second;
}

template <typename Row>
absl::Status Erase(std::map<std::string, Row, std::less<>>& rows, std::string_view key) {
  return rows.erase(std::string(key)) > 0 ? absl::OkStatus() : NoSuchAccount();
}

template <typename Row>
std::vector<Row> All(const std::map<std::string, Row, std::less<>>& rows) {
  std::vector<Row> all;
  for (const auto& [key, row] : rows) all.push_back(row);
  return all;
}

}  // namespace

// The access log may have it for longer than there is a store.
class MemoryStore::Requests : public RecordReader {
 public:
  void Read(absl::Span<const AccessRecord> records) override {
    const std::lock_guard<std::mutex> lock(lock_);
    for (const AccessRecord& record : records) {
      rows_.push_back({.number = ++last_,
                       .at = record.started + record.duration,
                       .revision = revision_,
                       .record = record});
      if (rows_.size() > store_bounds::kMemoryRecordsMax) rows_.pop_front();
    }
  }
  void SetRevision(int64_t revision) {
    const std::lock_guard<std::mutex> lock(lock_);
    revision_ = revision;
  }
  void ForEach(const LogRange& range, absl::FunctionRef<bool(const LoggedRequest&)> visit) {
    const std::lock_guard<std::mutex> lock(lock_);
    for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) {
      const bool inside = row->number < range.below && row->at >= range.from && row->at < range.to;
      if (inside && !visit(*row)) return;
    }
  }

 private:
  std::mutex lock_;
  std::deque<LoggedRequest> rows_;
  int64_t last_ = 0;
  int64_t revision_ = 0;
};

MemoryStore::MemoryStore() : requests_(std::make_shared<Requests>()) {}
MemoryStore::~MemoryStore() = default;

StoreState MemoryStore::state() const { return {}; }

absl::StatusOr<int64_t> MemoryStore::AddRevision(const Revision& revision) {
  const std::lock_guard<std::mutex> lock(lock_);
  revisions_.push_back(revision);
  revisions_.back().number = ++last_revision_;
  if (revisions_.size() > store_bounds::kMemoryRevisionsMax) revisions_.pop_front();
  requests_->SetRevision(last_revision_);
  return last_revision_;
}

absl::StatusOr<std::vector<Revision>> MemoryStore::ListRevisions(int64_t before, size_t limit) {
  const std::lock_guard<std::mutex> lock(lock_);
  std::vector<Revision> revisions = Newest(revisions_, before, limit);
  for (Revision& revision : revisions) revision.text.clear();
  return revisions;
}

absl::StatusOr<Revision> MemoryStore::GetRevision(int64_t number) {
  const std::lock_guard<std::mutex> lock(lock_);
  const auto found = std::find_if(revisions_.begin(), revisions_.end(),
                                  [&](const Revision& one) { return one.number == number; });
  if (found == revisions_.end()) return NoSuchRevision(number);
  return *found;
}

absl::Status MemoryStore::Audit(const AuditRecord& record) {
  const std::lock_guard<std::mutex> lock(lock_);
  AuditRecord added = record;
  added.number = audit_.empty() ? 1 : audit_.back().number + 1;
  added.at = absl::FromUnixMicros(absl::ToUnixMicros(record.at));
  added.hash = AuditHash(audit_.empty() ? "" : audit_.back().hash, added);
  audit_.push_back(std::move(added));
  if (audit_.size() > store_bounds::kMemoryRecordsMax) {
    hash_before_ = audit_.front().hash;
    audit_.pop_front();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<AuditRecord>> MemoryStore::ListAudit(int64_t before, size_t limit) {
  const std::lock_guard<std::mutex> lock(lock_);
  return Newest(audit_, before, limit);
}

absl::StatusOr<AuditVerdict> MemoryStore::VerifyAudit() {
  const std::lock_guard<std::mutex> lock(lock_);
  if (audit_.empty()) return AuditVerdict();
  AuditChain chain(hash_before_, hash_before_.empty() ? 1 : audit_.front().number);
  for (const AuditRecord& record : audit_) chain.Add(record);
  return chain.verdict();
}

absl::Status MemoryStore::SaveLocks(const std::vector<Lock>& locks) {
  if (locks.size() > store_bounds::kLocksMax) return TooManyLocks(store_bounds::kLocksMax);
  const std::lock_guard<std::mutex> lock(lock_);
  locks_ = locks;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Lock>> MemoryStore::LoadLocks() {
  const std::lock_guard<std::mutex> lock(lock_);
  return locks_;
}

absl::Status MemoryStore::PutAdministrator(const AdministratorRow& row) {
  const std::lock_guard<std::mutex> lock(lock_);
  if (!administrators_.contains(row.name) &&
      administrators_.size() >= store_bounds::kAdministratorsMax) {
    return TooManyAccounts(store_bounds::kAdministratorsMax);
  }
  administrators_[row.name] = row;
  return absl::OkStatus();
}

absl::StatusOr<AdministratorRow> MemoryStore::GetAdministrator(std::string_view name) {
  const std::lock_guard<std::mutex> lock(lock_);
  return Find(administrators_, name);
}

absl::Status MemoryStore::DeleteAdministrator(std::string_view name) {
  const std::lock_guard<std::mutex> lock(lock_);
  return Erase(administrators_, name);
}

absl::StatusOr<std::vector<AdministratorRow>> MemoryStore::ListAdministrators() {
  const std::lock_guard<std::mutex> lock(lock_);
  return All(administrators_);
}

absl::Status MemoryStore::PutToken(const TokenRow& row) {
  const std::lock_guard<std::mutex> lock(lock_);
  if (!tokens_.contains(row.id) && tokens_.size() >= store_bounds::kTokensMax)
    return TooManyAccounts(store_bounds::kTokensMax);
  tokens_[row.id] = row;
  return absl::OkStatus();
}

absl::StatusOr<TokenRow> MemoryStore::GetToken(std::string_view id) {
  const std::lock_guard<std::mutex> lock(lock_);
  return Find(tokens_, id);
}

absl::Status MemoryStore::DeleteToken(std::string_view id) {
  const std::lock_guard<std::mutex> lock(lock_);
  return Erase(tokens_, id);
}

absl::StatusOr<std::vector<TokenRow>> MemoryStore::ListTokens() {
  const std::lock_guard<std::mutex> lock(lock_);
  return All(tokens_);
}

void MemoryStore::SaveRuleCounts(const RuleCountsByName& counts) {
  const std::lock_guard<std::mutex> lock(lock_);
  rule_counts_ = counts;
}

absl::StatusOr<RuleCountsByName> MemoryStore::LoadRuleCounts() {
  const std::lock_guard<std::mutex> lock(lock_);
  return rule_counts_;
}

std::shared_ptr<RecordReader> MemoryStore::request_reader() { return requests_; }

absl::Status MemoryStore::ForEachRequest(const LogRange& range,
                                         absl::FunctionRef<bool(const LoggedRequest&)> visit) {
  requests_->ForEach(range, visit);
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> MemoryStore::CountRequests(const LogRange& range) {
  uint64_t count = 0;
  requests_->ForEach(range, [&count](const LoggedRequest&) {
    ++count;
    return true;
  });
  return count;
}

}  // namespace sluice
