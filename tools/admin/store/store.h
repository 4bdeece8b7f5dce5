#ifndef SLUICE_TOOLS_ADMIN_STORE_STORE_H_
#define SLUICE_TOOLS_ADMIN_STORE_STORE_H_

// Store: what the administrator's door remembers over a restart: revisions of the configuration,
// what administrators did, locks, accounts, what rules did, and the sessions of the last hours. On
// disk (disk_store.h) where there is a state folder, else in memory (memory_store.h); one contract
// judges both (store_test.cc).
//
// Threads: any may call. What has to be durable waits until it is; requests of the log never wait.
// A disk that is full or damaged is an error of the call, never the end of the process.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "relay/log/access_record.h"
#include "relay/log/record_reader.h"
#include "tools/admin/store/rule_ledger.h"

namespace sluice {

// A text that was in force.
struct Revision {
  int64_t number = 0;  // from 1; given by the store
  absl::Time at = {};
  std::string author = {};
  std::string from = {};  // where the author was: "unix", an address
  std::string message = {};
  std::string text = {};  // empty where revisions are listed
  std::string sha256 = {};
  std::string base_sha256 = {};
  std::string tests = {};   // what became of them, as the answer had it
  std::string impact = {};  // the same
};

// What somebody did, or tried, at the door.
struct AuditRecord {
  int64_t number = 0;  // from 1; given by the store
  absl::Time at = {};
  std::string who = {};
  std::string role = {};
  std::string door = {};
  std::string from = {};
  std::string action = {};   // "POST /api/v1/sessions:end"
  std::string object = {};   // what stood for {…} in the path
  std::string outcome = {};  // the answer's status
  std::string detail = {};
  std::string hash = {};  // of this record and of the hash before it; given by the store
};

struct AuditVerdict {
  int64_t records = 0;
  std::optional<int64_t> broken_at;  // the first record that is not what it was
};

// Who or what is refused, above all rules.
struct Lock {
  std::string id = {};
  std::string user = {};         // one of the three,
  std::string client = {};       // the others
  std::string destination = {};  // are empty
  absl::Time expires = absl::InfiniteFuture();
  std::string reason = {};
  std::string by = {};
  absl::Time at = {};
};

struct AdministratorRow {
  std::string name = {};
  std::string role = {};
  std::string password_hash = {};  // empty: signs in otherwise
  absl::Time created = {};
  absl::Time changed = {};
};

struct TokenRow {
  std::string id = {};
  std::string name = {};
  std::string role = {};
  std::string hash = {};
  std::string by = {};
  absl::Time created = {};
  absl::Time expires = absl::InfiniteFuture();
  absl::Time last_used = absl::InfinitePast();
};

// A session that has ended. Good as long as the visit lasts: `record.why` is not its own.
struct LoggedRequest {
  int64_t number = 0;    // grows with time
  absl::Time at;         // it ended
  int64_t revision = 0;  // the newest then; 0: none
  uint32_t weight = 1;   // how many it stands for, where only some were kept
  AccessRecord record;
};

// Which of them: newest first.
struct LogRange {
  absl::Time from = absl::InfinitePast();
  absl::Time to = absl::InfiniteFuture();
  int64_t below = INT64_MAX;  // numbers
};

struct StoreState {
  bool durable = false;  // on disk
  std::string folder;
  std::string fault;                   // of the last write; empty where it went well
  std::vector<std::string> set_aside;  // damaged files, since the start
  uint64_t requests_lost = 0;          // not kept: too many at a time, or not writable
  uint64_t requests_sampled_out = 0;
  uint64_t records_lost = 0;  // of the audit
  int64_t bytes = 0;          // on disk
  int64_t log_bytes = 0;
  absl::Time log_from = absl::InfiniteFuture();  // the oldest request
};

class Store {
 public:
  virtual ~Store() = default;

  virtual StoreState state() const = 0;

  // --- Revisions
  // The number. Durable.
  virtual absl::StatusOr<int64_t> AddRevision(const Revision& revision) = 0;
  // Newest first, without their texts; numbers below `before`, where that is above 0.
  virtual absl::StatusOr<std::vector<Revision>> ListRevisions(int64_t before, size_t limit) = 0;
  // NotFound where there is none.
  virtual absl::StatusOr<Revision> GetRevision(int64_t number) = 0;

  // --- Audit
  // Durable. What is wrong is also told in the log, and counted.
  virtual absl::Status Audit(const AuditRecord& record) = 0;
  // Newest first, as revisions.
  virtual absl::StatusOr<std::vector<AuditRecord>> ListAudit(int64_t before, size_t limit) = 0;
  virtual absl::StatusOr<AuditVerdict> VerifyAudit() = 0;

  // --- Locks: all of them at a time. Durable.
  virtual absl::Status SaveLocks(const std::vector<Lock>& locks) = 0;
  virtual absl::StatusOr<std::vector<Lock>> LoadLocks() = 0;

  // --- Accounts. Durable; a Put replaces. NotFound where there is none.
  virtual absl::Status PutAdministrator(const AdministratorRow& row) = 0;
  virtual absl::StatusOr<AdministratorRow> GetAdministrator(std::string_view name) = 0;
  virtual absl::Status DeleteAdministrator(std::string_view name) = 0;
  virtual absl::StatusOr<std::vector<AdministratorRow>> ListAdministrators() = 0;
  virtual absl::Status PutToken(const TokenRow& row) = 0;
  virtual absl::StatusOr<TokenRow> GetToken(std::string_view id) = 0;
  virtual absl::Status DeleteToken(std::string_view id) = 0;
  virtual absl::StatusOr<std::vector<TokenRow>> ListTokens() = 0;

  // --- What rules did, by their names: rules() has it, these are its drawer
  RuleLedger& rules() { return rules_; }
  // Takes along what `from` did.
  void RenameRule(std::string_view from, std::string_view to) { rules_.Rename(from, to); }
  // All of them at a time; written soon, and not waited for.
  virtual void SaveRuleCounts(const RuleCountsByName& counts) = 0;
  virtual absl::StatusOr<RuleCountsByName> LoadRuleCounts() = 0;

  // --- The log of requests
  // Where the access log leaves its records. It may outlive the store.
  virtual std::shared_ptr<RecordReader> request_reader() = 0;
  // Until those that were left there, and counts of rules, can be found.
  virtual void Flush() = 0;
  // Newest first, until `visit` says false; it asks the store for nothing itself.
  virtual absl::Status ForEachRequest(const LogRange& range,
                                      absl::FunctionRef<bool(const LoggedRequest&)> visit) = 0;
  // About how many there are in it.
  virtual absl::StatusOr<uint64_t> CountRequests(const LogRange& range) = 0;

 private:
  RuleLedger rules_{*this};
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_STORE_H_
