#include "tools/admin/accounts/sign_ins.h"

#include <algorithm>
#include <utility>

#include "tools/admin/accounts/random_text.h"

namespace sluice {

bool SignIns::IsOver(const SignIn& sign_in, absl::Time now) {
  return now >= sign_in.until() || now >= sign_in.used + admin_bounds::kSignInIdle;
}

// Where there are too many, the oldest link and whoever was away longest go.
void SignIns::Forget(absl::Time now) {
  std::erase_if(links_, [&](const auto& link) { return now >= link.second.until; });
  std::erase_if(sign_ins_, [&](const auto& entry) { return IsOver(entry.second, now); });
  while (links_.size() >= admin_bounds::kLinksMax) {
    links_.erase(std::min_element(links_.begin(), links_.end(), [](const auto& a, const auto& b) {
      return a.second.until < b.second.until;
    }));
  }
  while (sign_ins_.size() >= admin_bounds::kSignInsMax) {
    sign_ins_.erase(std::min_element(
        sign_ins_.begin(), sign_ins_.end(),
        [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
  }
}

std::string SignIns::MakeLink(const SignIn& who, absl::Time now) {
  const std::lock_guard<std::mutex> lock(lock_);
  Forget(now);
  std::string code = RandomText();
  links_[HashOfText(code)] = {who, now + admin_bounds::kLinkTime};
  return code;
}

std::optional<SignIn> SignIns::TakeLink(std::string_view code, absl::Time now) {
  const std::lock_guard<std::mutex> lock(lock_);
  const auto found = links_.find(HashOfText(code));
  if (found == links_.end()) return std::nullopt;
  const Link link = std::move(found->second);
  links_.erase(found);
  if (now >= link.until) return std::nullopt;
  return link.who;
}

SignIns::Begun SignIns::Begin(SignIn who, absl::Time now) {
  const std::lock_guard<std::mutex> lock(lock_);
  Forget(now);
  Begun begun{RandomText(), std::move(who)};
  begun.sign_in.id = HashOfText(begun.text);
  begun.sign_in.csrf = RandomText();
  begun.sign_in.begun = begun.sign_in.used = now;
  sign_ins_[begun.sign_in.id] = begun.sign_in;
  return begun;
}

std::optional<SignIn> SignIns::Use(std::string_view text, absl::Time now) {
  const std::string id = HashOfText(text);
  const std::lock_guard<std::mutex> lock(lock_);
  const auto found = sign_ins_.find(id);
  if (found == sign_ins_.end()) return std::nullopt;
  if (IsOver(found->second, now)) {
    sign_ins_.erase(found);
    return std::nullopt;
  }
  found->second.used = std::max(found->second.used, now);
  return found->second;
}

std::optional<SignIn> SignIns::Find(const std::string& id) const {
  const std::lock_guard<std::mutex> lock(lock_);
  const auto found = sign_ins_.find(id);
  return found == sign_ins_.end() ? std::nullopt : std::optional(found->second);
}

bool SignIns::IsOpen(const std::string& id, absl::Time now) {
  const std::lock_guard<std::mutex> lock(lock_);
  const auto found = sign_ins_.find(id);
  return found != sign_ins_.end() && !IsOver(found->second, now);
}

void SignIns::End(const std::string& id) {
  const std::lock_guard<std::mutex> lock(lock_);
  sign_ins_.erase(id);
}

void SignIns::EndAllOf(std::string_view account) {
  const std::lock_guard<std::mutex> lock(lock_);
  std::erase_if(sign_ins_, [&](const auto& entry) {
    return entry.second.by_account && entry.second.name == account;
  });
}

size_t SignIns::size() const {
  const std::lock_guard<std::mutex> lock(lock_);
  return sign_ins_.size();
}

}  // namespace sluice
