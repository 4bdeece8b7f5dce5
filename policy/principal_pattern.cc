#include "policy/principal_pattern.h"

#include <algorithm>

#include "core/limits.h"

namespace sluice {
namespace {

bool IsPlain(char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '\\'; }

// The two sides of the one "@".
bool Split(std::string_view text, std::string_view* name, std::string_view* realm) {
  const size_t at = text.find('@');
  if (at == text.npos || text.find('@', at + 1) != text.npos) return false;
  *name = text.substr(0, at);
  *realm = text.substr(at + 1);
  return !name->empty() && !realm->empty() && std::all_of(text.begin(), text.end(), IsPlain);
}

}  // namespace

bool PrincipalPattern::Parse(std::string_view text, PrincipalPattern* pattern,
                             Complaint* complaint) {
  std::string_view name, realm;
  const bool split = text.size() <= limits::kUserNameBytesMax && Split(text, &name, &realm);
  const size_t star = split ? name.find('*') : name.npos;
  const bool one_star = star != name.npos && name.find('*', star + 1) == name.npos;
  if (!one_star || (realm != "*" && realm.find('*') != realm.npos)) {
    *complaint = {
        "a pattern NAME@REALM with one \"*\" in NAME", Quote(text),
        "write for instance \"*@EXAMPLE.ORG\", or \"*@*\" for the principals of all realms"};
    return false;
  }
  pattern->before_ = name.substr(0, star);
  pattern->behind_ = name.substr(star + 1);
  pattern->realm_ = realm == "*" ? "" : realm;
  return true;
}

std::optional<std::string_view> PrincipalPattern::UserOf(std::string_view principal) const {
  std::string_view name, realm;
  if (!Split(principal, &name, &realm)) return std::nullopt;
  if (!realm_.empty() && realm != realm_) return std::nullopt;
  if (name.size() <= before_.size() + behind_.size() || !name.starts_with(before_) ||
      !name.ends_with(behind_)) {
    return std::nullopt;
  }
  const std::string_view user =
      realm_.empty() ? principal
                     : name.substr(before_.size(), name.size() - before_.size() - behind_.size());
  if (user.size() > limits::kUserNameBytesMax) return std::nullopt;
  return user;
}

}  // namespace sluice
