#include "tools/admin/store/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr int kBusyMilliseconds = 10'000;

absl::Status Fault(sqlite3* connection, int result) {
  const int kind = result & 0xff;  // without what the library adds
  const std::string text = absl::StrCat(
      "the store: ", connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(result));
  switch (kind) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return absl::DataLossError(text);
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM: return absl::ResourceExhaustedError(text);
    case SQLITE_CONSTRAINT: return absl::AlreadyExistsError(text);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN: return absl::PermissionDeniedError(text);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return absl::UnavailableError(text);
    default: return absl::InternalError(text);
  }
}

bool IsFault(int result) {
  return result != SQLITE_OK && result != SQLITE_ROW && result != SQLITE_DONE;
}

}  // namespace

// --- Statement

Statement::~Statement() {
  if (owner_ == Owner::kItself) {
    sqlite3_finalize(prepared_);
  } else if (prepared_ != nullptr) {
    sqlite3_reset(prepared_);
    sqlite3_clear_bindings(prepared_);
  }
}

bool Statement::Next() {
  if (IsFault(result_)) return false;
  result_ = sqlite3_step(prepared_);
  return result_ == SQLITE_ROW;
}

absl::Status Statement::Run() {
  while (Next()) {
  }
  return status();
}

absl::Status Statement::status() const {
  return IsFault(result_) ? Fault(connection_, result_) : absl::OkStatus();
}

int64_t Statement::Int(int column) const { return sqlite3_column_int64(prepared_, column); }

std::string_view Statement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(prepared_, column);
  if (text == nullptr) return "";
  return {reinterpret_cast<const char*>(text),
          static_cast<size_t>(sqlite3_column_bytes(prepared_, column))};
}

std::string_view Statement::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(prepared_, column);
  if (bytes == nullptr) return "";
  return {static_cast<const char*>(bytes),
          static_cast<size_t>(sqlite3_column_bytes(prepared_, column))};
}

absl::Time Statement::Time(int column) const {
  const int64_t micros = Int(column);
  if (micros == INT64_MAX) return absl::InfiniteFuture();
  if (micros == INT64_MIN) return absl::InfinitePast();
  return absl::FromUnixMicros(micros);
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(prepared_, column) == SQLITE_NULL;
}

void Statement::BindNext(int64_t value) {
  if (!IsFault(result_)) result_ = sqlite3_bind_int64(prepared_, next_++, value);
}

void Statement::BindNext(std::string_view value) {
  if (IsFault(result_)) return;
  const char* text = value.data() == nullptr ? "" : value.data();
  result_ =
      sqlite3_bind_text64(prepared_, next_++, text, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Statement::BindNext(const Blob& value) {
  if (IsFault(result_)) return;
  const char* bytes = value.bytes.data() == nullptr ? "" : value.bytes.data();
  result_ = sqlite3_bind_blob64(prepared_, next_++, bytes, value.bytes.size(), SQLITE_TRANSIENT);
}

void Statement::BindNext(absl::Time value) { BindNext(absl::ToUnixMicros(value)); }

void Statement::BindNext(std::nullptr_t) {
  if (!IsFault(result_)) result_ = sqlite3_bind_null(prepared_, next_++);
}

// --- Database

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path, Access access,
                                                         Care care) {
  sqlite3* connection = nullptr;
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW |
                    (access == Access::kWrites ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  // Made here, since the library's own mode is 0644; what it puts beside the file gets the same.
  if (access == Access::kWrites) close(open(path.c_str(), O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  const int result = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  std::unique_ptr<Database> database(new Database(connection));
  absl::Status status = result == SQLITE_OK ? absl::OkStatus() : Fault(connection, result);
  if (status.ok()) {
    sqlite3_busy_timeout(connection, kBusyMilliseconds);
    status = database->Run(
        access == Access::kWrites
            ? absl::StrCat("PRAGMA journal_mode=WAL; PRAGMA synchronous=",
                           care == Care::kDurable ? "FULL" : "NORMAL",
                           "; PRAGMA journal_size_limit=16777216; PRAGMA trusted_schema=OFF")
            : "PRAGMA query_only=ON; PRAGMA trusted_schema=OFF");
  }
  if (!status.ok()) return status;
  return database;
}

Database::~Database() {
  ForgetStatements();
  sqlite3_close_v2(connection_);
}

absl::Status Database::Run(const std::string& sql) {
  const int result = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
  return IsFault(result) ? Fault(connection_, result) : absl::OkStatus();
}

Statement Database::Prepare(const std::string& sql) {
  if (const auto found = statements_.find(sql); found != statements_.end())
    return {connection_, found->second, SQLITE_OK};
  sqlite3_stmt* prepared = nullptr;
  const int result = sqlite3_prepare_v3(connection_, sql.c_str(), static_cast<int>(sql.size() + 1),
                                        SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  if (IsFault(result)) return {connection_, nullptr, result};
  statements_.emplace(sql, prepared);
  return {connection_, prepared, SQLITE_OK};
}

Statement Database::PrepareOnce(const std::string& sql) {
  sqlite3_stmt* prepared = nullptr;
  const int result = sqlite3_prepare_v3(connection_, sql.c_str(), static_cast<int>(sql.size() + 1),
                                        0, &prepared, nullptr);
  return {connection_, prepared, result, Statement::Owner::kItself};
}

void Database::ForgetStatements() {
  for (const auto& [sql, prepared] : statements_) sqlite3_finalize(prepared);
  statements_.clear();
}

absl::StatusOr<int64_t> Database::Number(const std::string& sql) {
  Statement statement = Prepare(sql);
  const int64_t number = statement.Next() ? statement.Int(0) : 0;
  if (absl::Status status = statement.status(); !status.ok()) return status;
  return number;
}

int64_t Database::last_insert() const { return sqlite3_last_insert_rowid(connection_); }
int64_t Database::changes() const { return sqlite3_changes64(connection_); }

// --- Transaction

Transaction::Transaction(Database& database)
    : database_(database), begun_(database.Run("BEGIN IMMEDIATE")), open_(begun_.ok()) {}

Transaction::~Transaction() {
  if (open_) database_.Run("ROLLBACK").IgnoreError();
}

absl::Status Transaction::Commit() {
  if (!begun_.ok()) return begun_;
  absl::Status status = database_.Run("COMMIT");
  open_ = !status.ok();
  return status;
}

bool IsDamage(const absl::Status& status) { return absl::IsDataLoss(status); }

}  // namespace sluice
