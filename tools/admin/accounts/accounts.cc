#include "tools/admin/accounts/accounts.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/address.h"
#include "core/secret.h"
#include "relay/auth/password_hash.h"
#include "tools/admin/accounts/random_text.h"

namespace sluice {
namespace {

constexpr std::string_view kTokenMark = "slc_";
// Of a token's hash: enough that no two are alike, and of no use to who has it.
constexpr size_t kIdDigits = 16;
constexpr size_t kNameBytesMax = 64;
constexpr size_t kPasswordBytesMin = 8;
constexpr size_t kPasswordBytesMax = 255;
constexpr absl::Duration kTokenTimeMax = absl::Hours(24 * 366);
constexpr absl::Duration kLastUseStep = absl::Minutes(1);  // a write each
// Of one name, from wherever; then it is refused for this long.
constexpr int kGuesses = 20;
constexpr absl::Duration kGuessTime = absl::Minutes(5);
constexpr size_t kGuessedNamesMax = 1024;

// As the gateway's own clients, but that no answer is held back: it would hold back others.
AuthThrottle::Terms Terms() {
  AuthThrottle::Terms terms;
  terms.refuse_after = 10;
  terms.refuse_for = kGuessTime;
  return terms;
}

AuthThrottle::Key RandomKey() {
  AuthThrottle::Key key;
  randombytes_buf(key.data(), key.size());
  return key;
}

absl::Status CheckName(std::string_view name) {
  const bool good = !name.empty() && name.size() <= kNameBytesMax &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-' || c == '@';
                    });
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "expected a name of 1 to ", kNameBytesMax,
      " letters, digits, dots, dashes, underscores or @, found another; choose such a one"));
}

}  // namespace

std::optional<Role> RoleOf(std::string_view name) {
  for (const Role role : {Role::kAuditor, Role::kViewer, Role::kOperator, Role::kAdministrator}) {
    if (name == ToString(role)) return role;
  }
  return std::nullopt;
}

Accounts::Accounts(Store& store, SignIns& sign_ins)
    : store_(store), sign_ins_(sign_ins), throttle_(RandomKey()) {}

// --- Administrators

absl::Status Accounts::Put(std::string_view name, Role role,
                           const std::optional<std::string>& password, bool is_new,
                           absl::Time now) {
  if (absl::Status status = CheckName(name); !status.ok()) return status;
  if (password.has_value() &&
      (password->size() < kPasswordBytesMin || password->size() > kPasswordBytesMax)) {
    return absl::InvalidArgumentError(absl::StrCat("expected a password of ", kPasswordBytesMin,
                                                   " to ", kPasswordBytesMax,
                                                   " bytes, found another; choose such a one"));
  }
  std::string hash;
  if (password.has_value()) {
    absl::StatusOr<std::string> hashed = HashPassword(*password);
    if (!hashed.ok()) return absl::InvalidArgumentError(hashed.status().message());
    hash = *std::move(hashed);
  }
  {
    const std::lock_guard<std::mutex> lock(lock_);
    absl::StatusOr<AdministratorRow> row = store_.GetAdministrator(name);
    if (!row.ok() && !absl::IsNotFound(row.status())) return row.status();
    if (is_new && row.ok()) {
      return absl::AlreadyExistsError(
          "expected a name that nobody has, found an administrator of it; change that one, or "
          "choose another");
    }
    if (!is_new && !row.ok()) {
      return absl::NotFoundError("expected an administrator of that name, found none; add one");
    }
    if (is_new && !password.has_value())
      return absl::InvalidArgumentError("expected a password, found none; send one");
    if (is_new) row = AdministratorRow{.name = std::string(name), .created = now};
    row->role = ToString(role);
    row->changed = now;
    if (!hash.empty()) row->password_hash = hash;
    if (absl::Status status = store_.PutAdministrator(*row); !status.ok()) return status;
  }
  sign_ins_.EndAllOf(name);
  return absl::OkStatus();
}

absl::Status Accounts::Delete(std::string_view name) {
  {
    const std::lock_guard<std::mutex> lock(lock_);
    if (absl::Status status = store_.DeleteAdministrator(name); !status.ok()) return status;
  }
  sign_ins_.EndAllOf(name);
  return absl::OkStatus();
}

bool Accounts::IsRefused(std::string_view name, const Address& from, absl::Time now) {
  if (throttle_.StandingOf(from, Terms(), now).refused) return true;
  const std::lock_guard<std::mutex> lock(lock_);
  const auto found = guesses_.find(HashOfText(name));
  return found != guesses_.end() && found->second.failed >= kGuesses &&
         now < found->second.last + kGuessTime;
}

void Accounts::NoteFailure(std::string_view name, const Address& from, absl::Time now) {
  throttle_.NoteFailure(from, Terms(), now);
  const std::lock_guard<std::mutex> lock(lock_);
  std::erase_if(guesses_, [&](const auto& entry) { return now >= entry.second.last + kGuessTime; });
  if (guesses_.size() >= kGuessedNamesMax) {
    guesses_.erase(std::min_element(
        guesses_.begin(), guesses_.end(),
        [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
  }
  Guesses& guesses = guesses_[HashOfText(name)];
  ++guesses.failed;
  guesses.last = now;
}

// Checked where there is no account, so that it takes as long.
const std::string& Accounts::NobodysHash() {
  const std::lock_guard<std::mutex> lock(lock_);
  if (nobodys_hash_.empty()) nobodys_hash_ = HashPassword(RandomText()).value_or("*");
  return nobodys_hash_;
}

absl::StatusOr<SignIn> Accounts::Check(std::string_view name, std::string_view password,
                                       std::string_view from, absl::Time now) {
  const Address address = Address::Parse(from).value_or(Address());
  if (IsRefused(name, address, now)) {
    return absl::ResourceExhaustedError(
        "expected fewer passwords that are wrong, found too many of this address or this name; "
        "wait 5 minutes, or sign in by a link: sluicectl console");
  }
  const absl::StatusOr<AdministratorRow> row = store_.GetAdministrator(name);
  if (!row.ok() && !absl::IsNotFound(row.status())) return row.status();
  const bool known = row.ok() && !row->password_hash.empty();
  PasswordCheck check;
  const bool matches = check.Check(password, known ? row->password_hash : NobodysHash()) ==
                       PasswordCheck::Result::kMatches;
  const std::optional<Role> role = known ? RoleOf(row->role) : std::nullopt;
  if (!matches || !role.has_value()) {
    NoteFailure(name, address, now);
    return absl::UnauthenticatedError(
        "expected the name and the password of an administrator, found others; try again, or sign "
        "in by a link: sluicectl console");
  }
  SignIn who;
  who.name = row->name;
  who.role = *role;
  who.by_account = true;
  return who;
}

// --- Tokens

absl::StatusOr<Accounts::Made> Accounts::MakeToken(std::string_view name, Role role,
                                                   absl::Time expires, std::string_view by,
                                                   absl::Time now) {
  if (absl::Status status = CheckName(name); !status.ok()) return status;
  if (expires <= now || expires > now + kTokenTimeMax) {
    return absl::InvalidArgumentError(
        "expected a time within a year from now, found another; say expires as "
        "2027-01-31T00:00:00Z");
  }
  Made made;
  made.text = absl::StrCat(std::string(kTokenMark), RandomText());
  made.row.hash = HashOfText(made.text);
  made.row.id = made.row.hash.substr(0, kIdDigits);
  made.row.name = name;
  made.row.role = ToString(role);
  made.row.by = by;
  made.row.created = now;
  made.row.expires = expires;
  if (absl::Status status = store_.PutToken(made.row); !status.ok()) return status;
  return made;
}

absl::Status Accounts::DeleteToken(std::string_view id) {
  const std::lock_guard<std::mutex> lock(lock_);
  return store_.DeleteToken(id);
}

std::optional<TokenRow> Accounts::UseToken(std::string_view text, absl::Time now) {
  if (!text.starts_with(kTokenMark)) return std::nullopt;
  const std::string hash = HashOfText(text);
  const std::lock_guard<std::mutex> lock(lock_);
  absl::StatusOr<TokenRow> row = store_.GetToken(hash.substr(0, kIdDigits));
  if (!row.ok() || !EqualInConstantTime(row->hash, hash) || now >= row->expires)
    return std::nullopt;
  if (row->last_used + kLastUseStep <= now) {
    row->last_used = now;
    (void)store_.PutToken(*row);  // a full disk keeps nobody out
  }
  return *std::move(row);
}

bool Accounts::TokenIsGood(std::string_view id, absl::Time now) {
  const absl::StatusOr<TokenRow> row = store_.GetToken(id);
  return row.ok() && now < row->expires;
}

}  // namespace sluice
