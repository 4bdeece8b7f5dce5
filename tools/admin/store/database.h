#ifndef SLUICE_TOOLS_ADMIN_STORE_DATABASE_H_
#define SLUICE_TOOLS_ADMIN_STORE_DATABASE_H_

// Database: one connection to a file of SQLite, and Statement: one of its statements, bound and
// stepped. Errors are values. The only files that include <sqlite3.h> are these two. One thread at
// a time.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sluice {

// A blob, where text is text.
struct Blob {
  std::string_view bytes;
};

class Statement {
 public:
  enum class Owner : uint8_t { kDatabase, kItself };

  Statement(sqlite3* connection, sqlite3_stmt* prepared, int fault, Owner owner = Owner::kDatabase)
      : connection_(connection), prepared_(prepared), owner_(owner), result_(fault) {}
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // In the order of its question marks; they are copied.
  template <typename... Values>
  Statement& Bind(const Values&... values) {
    (BindNext(values), ...);
    return *this;
  }
  // To the next row; false behind the last one, and where something is wrong.
  bool Next();
  // For what has no rows.
  absl::Status Run();
  absl::Status status() const;

  // Columns of the row. Text is good until Next.
  int64_t Int(int column) const;
  uint64_t Count(int column) const { return static_cast<uint64_t>(Int(column)); }
  std::string_view Text(int column) const;
  std::string String(int column) const { return std::string(Text(column)); }
  std::string_view Bytes(int column) const;
  absl::Time Time(int column) const;
  bool IsNull(int column) const;

 private:
  void BindNext(int64_t value);
  void BindNext(int value) { BindNext(static_cast<int64_t>(value)); }
  void BindNext(uint64_t value) { BindNext(static_cast<int64_t>(value)); }
  void BindNext(uint32_t value) { BindNext(static_cast<int64_t>(value)); }
  void BindNext(std::string_view value);
  void BindNext(const std::string& value) { BindNext(std::string_view(value)); }
  void BindNext(const Blob& value);
  void BindNext(absl::Time value);
  void BindNext(std::nullptr_t);

  sqlite3* const connection_;
  sqlite3_stmt* const prepared_;
  const Owner owner_;
  int next_ = 1;  // to be bound
  int result_;    // of the last call
};

class Database {
 public:
  enum class Access : uint8_t { kWrites, kReads };
  // kDurable: what is committed outlives a power cut; kOrderly: the file stays whole, but the last
  // moments may be missing.
  enum class Care : uint8_t { kDurable, kOrderly };

  // Makes the file, readable to its owner only, where it writes.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path, Access access,
                                                        Care care);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Statements without values.
  absl::Status Run(const std::string& sql);
  // Kept for the next time that the same text comes. At most one of a text at a time.
  Statement Prepare(const std::string& sql);
  // Not kept.
  Statement PrepareOnce(const std::string& sql);
  // Of all that are kept, since their tables go.
  void ForgetStatements();
  // A number that a statement gives, 0 where it gives no row.
  absl::StatusOr<int64_t> Number(const std::string& sql);

  int64_t last_insert() const;
  int64_t changes() const;

 private:
  explicit Database(sqlite3* connection) : connection_(connection) {}

  sqlite3* const connection_;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

// All of what stands between or, where it is not committed, nothing.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  absl::Status Commit();

 private:
  Database& database_;
  absl::Status begun_;
  bool open_;
};

// Whether the error means that the file is not what it was.
bool IsDamage(const absl::Status& status);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_DATABASE_H_
