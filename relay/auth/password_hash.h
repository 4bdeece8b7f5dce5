#ifndef SLUICE_RELAY_AUTH_PASSWORD_HASH_H_
#define SLUICE_RELAY_AUTH_PASSWORD_HASH_H_

// Password hashes as crypt(3) has them: checks one (PasswordCheck), makes one (HashPassword). Slow
// by design: not on a shard's thread. Passwords are bytes; what a hash cannot hold (NUL, more than
// bcrypt's 72) is never taken for less, but does not match.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

struct crypt_data;

namespace sluice {

// Working memory for checks, one at a time, wiped after each.
class PasswordCheck {
 public:
  enum class Result : uint8_t {
    kMatches,
    kDiffers,
    kBroken /* crypt(3) cannot make such a hash */
  };

  PasswordCheck();
  ~PasswordCheck();
  PasswordCheck(const PasswordCheck&) = delete;
  PasswordCheck& operator=(const PasswordCheck&) = delete;

  // Takes as long where the password differs or cannot match.
  Result Check(std::string_view password, std::string_view hash);

 private:
  std::unique_ptr<crypt_data> data_;
};

// A yescrypt hash with a fresh salt. The error says what the password lacks.
absl::StatusOr<std::string> HashPassword(std::string_view password);

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_PASSWORD_HASH_H_
