#include "tools/admin/doors.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

std::string Bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : absl::StrCat("[", host, "]");
}

}  // namespace

std::string HostOf(std::string_view authority) {
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    return end == std::string_view::npos ? "" : std::string(authority.substr(1, end - 1));
  }
  return std::string(authority.substr(0, std::min(authority.find(':'), authority.size())));
}

void Doors::SetUnix(std::string path) {
  const std::lock_guard<std::mutex> lock(lock_);
  unix_ = std::move(path);
}

void Doors::SetTcp(std::vector<Endpoint> at, std::shared_ptr<const TlsIdentity> identity) {
  const std::lock_guard<std::mutex> lock(lock_);
  tcp_ = std::move(at);
  identity_ = std::move(identity);
}

void Doors::Show(std::shared_ptr<const TlsIdentity> identity) {
  const std::lock_guard<std::mutex> lock(lock_);
  identity_ = std::move(identity);
}

std::shared_ptr<const TlsIdentity> Doors::identity() const {
  const std::lock_guard<std::mutex> lock(lock_);
  return identity_;
}

std::string Doors::unix_path() const {
  const std::lock_guard<std::mutex> lock(lock_);
  return unix_;
}

std::vector<std::string> Doors::urls() const {
  const std::lock_guard<std::mutex> lock(lock_);
  std::vector<std::string> urls;
  for (const Endpoint& at : tcp_)
    urls.push_back(absl::StrCat(identity_ == nullptr ? "http://" : "https://", at.ToString()));
  return urls;
}

std::string Doors::ConsoleUrl() const {
  const std::lock_guard<std::mutex> lock(lock_);
  if (tcp_.empty()) return "";
  const Endpoint& at = tcp_.front();
  std::string host = at.address.ToString();
  if (at.address.is_unspecified()) host = at.address.is_v4() ? "127.0.0.1" : "::1";
  if (identity_ != nullptr && !identity_->IsFor(host)) {
    const std::string named = identity_->AnyHost();
    if (!named.empty()) host = named;
  }
  return absl::StrCat(identity_ == nullptr ? "http://" : "https://", Bracketed(host), ":", at.port,
                      "/");
}

bool Doors::IsOurs(const HttpRequest& request) const {
  const std::string host = HostOf(request.host);
  if (absl::EqualsIgnoreCase(host, "localhost")) return true;
  if (const std::optional<Address> address = Address::Parse(host); address.has_value()) {
    // From afar through a tunnel, which ends at loopback.
    if (ClassifySpecialUse(*address) == SpecialUse::kLoopback) return true;
    if (address->ToString() == request.arrival.toward) return true;
  }
  const std::shared_ptr<const TlsIdentity> shown = identity();
  return shown != nullptr && shown->IsFor(host);
}

}  // namespace sluice
