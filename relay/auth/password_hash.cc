#include "relay/auth/password_hash.h"

#include <crypt.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "core/secret.h"
#include "core/wipe.h"

namespace sluice {
namespace {

// bcrypt reads no further, so a longer password would share its hash with others.
constexpr size_t kBcryptBytesMax = 72;

using CString = std::array<char, limits::kPasswordHashBytesMax>;
static_assert(CRYPT_OUTPUT_SIZE <= limits::kPasswordHashBytesMax &&
              limits::kPasswordBytesMax < CRYPT_MAX_PASSPHRASE_SIZE);

// False where `bytes` do not fit or hold a NUL; what is before it is copied all the same.
bool CopyToCString(std::string_view bytes, CString* out) {
  const size_t size = std::min(bytes.find('\0'), std::min(bytes.size(), out->size() - 1));
  std::memcpy(out->data(), bytes.data(), size);
  (*out)[size] = '\0';
  return size == bytes.size();
}

}  // namespace

PasswordCheck::PasswordCheck() : data_(std::make_unique<crypt_data>()) {
  std::memset(data_.get(), 0, sizeof(crypt_data));
}

PasswordCheck::~PasswordCheck() = default;

PasswordCheck::Result PasswordCheck::Check(std::string_view password, std::string_view hash) {
  CString setting;
  CString passphrase;
  if (!CopyToCString(hash, &setting)) return Result::kBroken;
  bool can_match = CopyToCString(password, &passphrase);
  if (hash.starts_with("$2") && password.size() > kBcryptBytesMax) can_match = false;
  const char* made = crypt_r(passphrase.data(), setting.data(), data_.get());
  Result result = Result::kDiffers;
  if (made == nullptr || made[0] == '*') {
    result = Result::kBroken;
  } else if (EqualInConstantTime(made, hash) && can_match) {
    result = Result::kMatches;
  }
  Wipe(passphrase.data(), passphrase.size());
  Wipe(data_.get(), sizeof(crypt_data));
  return result;
}

absl::StatusOr<std::string> HashPassword(std::string_view password) {
  if (password.empty())
    return absl::InvalidArgumentError("expected a password of 1 to 255 bytes, found none");
  if (password.size() > limits::kPasswordBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("expected a password of 1 to 255 bytes, found ",
                                                   password.size(), "; SOCKS5 cannot carry more"));
  }
  if (password.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError(
        "expected a password without NUL, found one with it; crypt(3) would read no further");
  }
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (crypt_gensalt_rn("$y$", 0, nullptr, 0, setting, sizeof(setting)) == nullptr) {
    return absl::InternalError(
        absl::StrCat("libcrypt makes no yescrypt salt: ", strerrordesc_np(errno)));
  }
  const auto data = std::make_unique<crypt_data>();
  std::memset(data.get(), 0, sizeof(crypt_data));
  CString passphrase;
  CopyToCString(password, &passphrase);
  const char* made = crypt_r(passphrase.data(), setting, data.get());
  std::string hash = made != nullptr ? made : "*";
  Wipe(passphrase.data(), passphrase.size());
  Wipe(data.get(), sizeof(crypt_data));
  if (hash[0] == '*')
    return absl::InternalError(
        absl::StrCat("libcrypt makes no yescrypt hash: ", strerrordesc_np(errno)));
  return hash;
}

}  // namespace sluice
