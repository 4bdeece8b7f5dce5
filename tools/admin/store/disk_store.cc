// How a write comes to disk: the caller's thread puts it into the bounded queue of the thread that
// writes and waits; that thread does it in one transaction. Requests are left in an inbox by the
// access log's thread, which never waits, and the thread that writes empties it as a whole.

#include "tools/admin/store/disk_store.h"

#include <sodium.h>

#include <algorithm>
#include <semaphore>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "glog/logging.h"
#include "tools/admin/store/account_rows.h"
#include "tools/admin/store/audit_rows.h"
#include "tools/admin/store/bounds.h"
#include "tools/admin/store/faults.h"
#include "tools/admin/store/locks.h"
#include "tools/admin/store/revisions.h"
#include "tools/admin/store/rule_count_rows.h"

namespace sluice {
namespace {

absl::Status Busy() {
  return absl::UnavailableError(
      "expected the store to take it soon, found too much that waits for the disk; try again");
}

}  // namespace

DiskStore::Options DiskStore::DefaultOptions() {
  return {store_bounds::kAuditRecordsMax,
          {store_bounds::kLogBytesMax, store_bounds::kLogTableRows}};
}

DiskStore::DiskStore(std::string folder, const Options& options)
    : folder_(std::move(folder)), options_(options), requests_(options.log) {}

absl::StatusOr<std::unique_ptr<DiskStore>> DiskStore::Open(const std::string& folder,
                                                           const Options& options) {
  if (sodium_init() < 0) return absl::InternalError("expected libsodium to start, found it cannot");
  std::unique_ptr<DiskStore> store(new DiskStore(folder, options));
  absl::StatusOr<std::unique_ptr<StoreFile>> file = StoreFile::Open(
      folder + "/store.db", {Database::Care::kDurable, StoreSchema(), /*looked_through=*/true});
  if (!file.ok()) return file.status();
  store->store_ = *std::move(file);
  file = StoreFile::Open(folder + "/log.db",
                         {Database::Care::kOrderly, LogSchema(), /*looked_through=*/false});
  if (!file.ok()) return file.status();
  store->log_ = *std::move(file);
  store->inbox_ = std::make_shared<RequestInbox>([raw = store.get()] { raw->WriteRequestsSoon(); });
  const absl::StatusOr<std::vector<Revision>> last = store->ListRevisions(0, 1);
  if (last.ok() && !last->empty()) store->inbox_->SetRevision(last->front().number);
  absl::StatusOr<std::unique_ptr<WorkQueue>> writer =
      WorkQueue::Start("admin-store", store_bounds::kWritesWaitingMax);
  if (!writer.ok()) return writer.status();
  store->writer_ = *std::move(writer);
  return store;
}

DiskStore::~DiskStore() {
  if (inbox_ != nullptr) inbox_->Close();
  if (writer_ != nullptr) Flush();
}

StoreState DiskStore::state() const {
  StoreState state;
  state.durable = true;
  state.folder = folder_;
  state.set_aside = store_->set_aside();
  for (std::string& name : log_->set_aside()) state.set_aside.push_back(std::move(name));
  state.requests_lost = inbox_->lost() + requests_unwritten_;
  state.requests_sampled_out = inbox_->sampled_out();
  state.records_lost = records_lost_;
  state.log_bytes = log_->Bytes();
  state.bytes = store_->Bytes() + state.log_bytes;
  log_->Read([&](Database& database) {
        const absl::StatusOr<absl::Time> oldest = RequestLog::Oldest(database);
        if (oldest.ok()) state.log_from = *oldest;
        return oldest.status();
      })
      .IgnoreError();
  const std::lock_guard<std::mutex> lock(telling_);
  state.fault = fault_;
  return state;
}

// --- Writing

absl::Status DiskStore::Write(const Work& work) {
  absl::Status status;
  std::binary_semaphore done(0);
  const bool added = writer_->Add([&] {
    status = store_->Write(work);
    NoteOutcome(status, "store.db");
    done.release();
  });
  if (!added) return Busy();
  done.acquire();
  return status;
}

// Told once, and once more when it is over.
void DiskStore::NoteOutcome(const absl::Status& status, const std::string& what) {
  const bool kept = status.ok() || absl::IsNotFound(status);
  const std::string fault = kept ? "" : absl::StrCat(folder_, "/", what, ": ", status.message());
  {
    const std::lock_guard<std::mutex> lock(telling_);
    if (fault == fault_) return;
    // The other file's is its own business.
    if (fault.empty() && fault_.find(what) == fault_.npos) return;
    fault_ = fault;
  }
  if (fault.empty()) {
    LOG(WARNING) << "the store: " << what << " can be written again";
  } else {
    LOG(ERROR) << "the store cannot be written: " << fault
               << "; traffic goes on, and what administrators do may not be remembered";
  }
}

void DiskStore::WriteRequestsSoon() {
  if (!writer_->Add([this] { WriteRequests(); })) inbox_->NotTaken();
}

void DiskStore::WriteRequests() {
  for (;;) {
    const RequestInbox::Batch batch = inbox_->Take();
    if (batch.records.empty()) return;
    const absl::Status status = log_->Write([&](Database& database) {
      return requests_.Append(database, batch.records, {batch.revision, batch.weight});
    });
    if (!status.ok()) requests_unwritten_ += batch.records.size();
    NoteOutcome(status, "log.db");
  }
}

// Where too much waits, until there is room.
void DiskStore::Flush() {
  std::binary_semaphore done(0);
  const WorkQueue::Work work = [&] {
    WriteRequests();
    done.release();
  };
  while (!writer_->Add(work)) absl::SleepFor(absl::Milliseconds(10));
  done.acquire();
}

// --- Reading

template <typename Value>
absl::StatusOr<Value> DiskStore::Read(StoreFile& file,
                                      absl::FunctionRef<absl::StatusOr<Value>(Database&)> select) {
  absl::StatusOr<Value> value = absl::UnknownError("not read");
  const absl::Status status = file.Read([&](Database& database) {
    value = select(database);
    return value.status();
  });
  if (IsDamage(status) && writer_ != nullptr)
    writer_->Add([&file] { file.SetAsideDamaged().IgnoreError(); });
  if (!status.ok()) return status;
  return value;
}

// --- Revisions

absl::StatusOr<int64_t> DiskStore::AddRevision(const Revision& revision) {
  absl::StatusOr<int64_t> number = absl::UnknownError("not written");
  const absl::Status status = Write([&](Database& database) {
    number = InsertRevision(database, revision);
    return number.status();
  });
  if (!status.ok()) return status;
  inbox_->SetRevision(*number);
  return number;
}

absl::StatusOr<std::vector<Revision>> DiskStore::ListRevisions(int64_t before, size_t limit) {
  return Read<std::vector<Revision>>(
      *store_, [&](Database& database) { return SelectRevisions(database, before, limit); });
}

absl::StatusOr<Revision> DiskStore::GetRevision(int64_t number) {
  return Read<Revision>(*store_,
                        [&](Database& database) { return SelectRevision(database, number); });
}

// --- Audit

absl::Status DiskStore::Audit(const AuditRecord& record) {
  const absl::Status status = Write([&](Database& database) {
    return InsertAudit(database, record, options_.audit_records_max).status();
  });
  if (!status.ok()) ++records_lost_;
  return status;
}

absl::StatusOr<std::vector<AuditRecord>> DiskStore::ListAudit(int64_t before, size_t limit) {
  return Read<std::vector<AuditRecord>>(
      *store_, [&](Database& database) { return SelectAudit(database, before, limit); });
}

absl::StatusOr<AuditVerdict> DiskStore::VerifyAudit() {
  return Read<AuditVerdict>(*store_, FollowAudit);
}

// --- Locks

absl::Status DiskStore::SaveLocks(const std::vector<Lock>& locks) {
  if (locks.size() > store_bounds::kLocksMax) return TooManyLocks(store_bounds::kLocksMax);
  return Write([&](Database& database) { return ReplaceLocks(database, locks); });
}

absl::StatusOr<std::vector<Lock>> DiskStore::LoadLocks() {
  return Read<std::vector<Lock>>(*store_, SelectLocks);
}

// --- Accounts

absl::Status DiskStore::PutAdministrator(const AdministratorRow& row) {
  return Write([&](Database& database) { return UpsertAdministrator(database, row); });
}

absl::StatusOr<AdministratorRow> DiskStore::GetAdministrator(std::string_view name) {
  return Read<AdministratorRow>(
      *store_, [&](Database& database) { return SelectAdministrator(database, name); });
}

absl::Status DiskStore::DeleteAdministrator(std::string_view name) {
  return Write([&](Database& database) { return DeleteAdministratorRow(database, name); });
}

absl::StatusOr<std::vector<AdministratorRow>> DiskStore::ListAdministrators() {
  return Read<std::vector<AdministratorRow>>(*store_, SelectAdministrators);
}

absl::Status DiskStore::PutToken(const TokenRow& row) {
  return Write([&](Database& database) { return UpsertToken(database, row); });
}

absl::StatusOr<TokenRow> DiskStore::GetToken(std::string_view id) {
  return Read<TokenRow>(*store_, [&](Database& database) { return SelectToken(database, id); });
}

absl::Status DiskStore::DeleteToken(std::string_view id) {
  return Write([&](Database& database) { return DeleteTokenRow(database, id); });
}

absl::StatusOr<std::vector<TokenRow>> DiskStore::ListTokens() {
  return Read<std::vector<TokenRow>>(*store_, SelectTokens);
}

// --- What rules did

void DiskStore::SaveRuleCounts(const RuleCountsByName& counts) {
  const bool added = writer_->Add([this, counts] {
    NoteOutcome(
        store_->Write([&](Database& database) { return ReplaceRuleCounts(database, counts); }),
        "store.db");
  });
  if (!added) LOG(WARNING) << "the store: what rules did is saved later: " << Busy().message();
}

absl::StatusOr<RuleCountsByName> DiskStore::LoadRuleCounts() {
  return Read<RuleCountsByName>(*store_, SelectRuleCounts);
}

// --- The log of requests

std::shared_ptr<RecordReader> DiskStore::request_reader() { return inbox_; }

absl::Status DiskStore::ForEachRequest(const LogRange& range,
                                       absl::FunctionRef<bool(const LoggedRequest&)> visit) {
  return Read<bool>(*log_,
                    [&](Database& database) -> absl::StatusOr<bool> {
                      absl::Status status = RequestLog::ForEach(database, range, visit);
                      if (!status.ok()) return status;
                      return true;
                    })
      .status();
}

absl::StatusOr<uint64_t> DiskStore::CountRequests(const LogRange& range) {
  return Read<uint64_t>(*log_,
                        [&](Database& database) { return RequestLog::Count(database, range); });
}

}  // namespace sluice
