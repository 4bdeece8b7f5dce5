#include "policy/password_hash.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

using Parts =
    std::vector<std::string_view>;  // between the "$", without what stands before the first

Parts Split(std::string_view text) {
  Parts parts;
  for (size_t end = text.find('$'); end != text.npos; end = text.find('$')) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

bool IsHashByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
         c == '/';
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool Is(std::string_view part, size_t min, size_t max, bool (*allowed)(char)) {
  return part.size() >= min && part.size() <= max && std::all_of(part.begin(), part.end(), allowed);
}
bool Is(std::string_view part, size_t size) { return Is(part, size, size, IsHashByte); }

// $y$PARAMETERS$SALT$HASH
bool IsYescrypt(const Parts& parts) {
  return parts.size() == 4 && Is(parts[1], 1, 86, IsHashByte) && Is(parts[2], 0, 86, IsHashByte) &&
         Is(parts[3], 43);
}

// $7$PARAMETERS-AND-SALT$HASH
bool IsScrypt(const Parts& parts) {
  return parts.size() == 3 && Is(parts[1], 11, 97, IsHashByte) && Is(parts[2], 43);
}

// $2b$COST$SALT-AND-HASH
bool IsBcrypt(const Parts& parts) {
  return parts.size() == 3 && Is(parts[1], 2, 2, IsDigit) && parts[1] >= "04" && parts[1] <= "31" &&
         Is(parts[2], 53);
}

// $6$SALT$HASH, $6$rounds=N$SALT$HASH
bool IsSha(const Parts& parts, size_t hash_bytes) {
  const auto is_salt = [](char c) { return c != ':' && static_cast<unsigned char>(c) > 0x20; };
  constexpr std::string_view kRounds = "rounds=";
  const bool rounds = parts.size() == 4 && parts[1].starts_with(kRounds) &&
                      Is(parts[1].substr(kRounds.size()), 1, 9, IsDigit);
  return (rounds || parts.size() == 3) && Is(parts[parts.size() - 2], 1, 16, is_salt) &&
         Is(parts.back(), hash_bytes);
}

struct Scheme {
  std::string_view id;
  std::string_view name;
  bool (*is_whole)(const Parts&);  // null: not accepted
};
constexpr Scheme kSchemes[] = {
    {"y", "a yescrypt hash", IsYescrypt},
    {"gy", "a gost-yescrypt hash", IsYescrypt},
    {"7", "an scrypt hash", IsScrypt},
    {"2b", "a bcrypt hash", IsBcrypt},
    {"2y", "a bcrypt hash", IsBcrypt},
    {"2a", "a bcrypt hash", IsBcrypt},
    {"6", "a SHA-512 hash", [](const Parts& parts) { return IsSha(parts, 86); }},
    {"5", "a SHA-256 hash", [](const Parts& parts) { return IsSha(parts, 43); }},
    {"2x", "a hash of a faulty bcrypt", nullptr},
    {"1", "an MD5 hash", nullptr},
    {"apr1", "an MD5 hash", nullptr},
    {"md5", "an MD5 hash", nullptr},
    {"sha1", "a SHA-1 hash", nullptr},
    {"3", "an NT hash", nullptr},
};

// What `text` is, in words that show none of it. Empty where it is good.
std::string Fault(std::string_view text) {
  if (text.empty()) return "an empty text";
  if (text[0] == '!' || text[0] == '*') return "what locks an account in /etc/shadow";
  if (text[0] == '{') return "a hash of LDAP";
  if (text[0] == '$') {
    const Parts parts = Split(text.substr(1));
    for (const Scheme& scheme : kSchemes) {
      if (parts[0] != scheme.id) continue;
      if (scheme.is_whole == nullptr)
        return absl::StrCat(std::string(scheme.name), ", which is too weak");
      if (scheme.is_whole(parts)) return "";
      return absl::StrCat(std::string(scheme.name), " that is not whole");
    }
    return "a hash that crypt(3) does not know";
  }
  if ((text.size() == 13 && Is(text, 13)) || (text.size() == 20 && text[0] == '_'))
    return "a DES hash, which is too weak, or a password";
  return "what is no hash";
}

}  // namespace

bool CheckPasswordHash(std::string_view text, Complaint* complaint) {
  const std::string fault = Fault(text);
  if (fault.empty()) return true;
  *complaint = {"a crypt(3) hash that begins with $y$, $gy$, $7$, $2b$, $6$ or $5$", fault,
                "run \"sluiced --hash_password\" and write what it prints"};
  return false;
}

}  // namespace sluice
