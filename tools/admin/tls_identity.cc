#include "tools/admin/tls_identity.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "absl/strings/str_cat.h"
#include "core/address.h"
#include "core/regular_file.h"

namespace sluice {
namespace {

// The library's last word on what went wrong, of which it keeps a list for each thread.
std::string LastError() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "something that OpenSSL cannot read" : reason;
}

absl::Status Refusal(std::string_view flag, const std::string& path, std::string_view expected) {
  return absl::FailedPreconditionError(
      absl::StrCat("--", std::string(flag), "=", path, ": expected ", std::string(expected),
                   ", found: ", LastError(), "; see docs/ADMIN.md for how one is made"));
}

// Never asks at a terminal: a key with a passphrase is refused.
int NoPassphrase(char*, int, int, void*) { return 0; }

}  // namespace

TlsIdentity::~TlsIdentity() { SSL_CTX_free(context_); }

absl::StatusOr<std::shared_ptr<const TlsIdentity>> TlsIdentity::Load(const std::string& certificate,
                                                                     const std::string& key) {
  for (const auto& [flag, path] :
       {std::pair{"admin_certificate", &certificate}, std::pair{"admin_key", &key}}) {
    if (absl::Status status = CheckRegularFile(*path); !status.ok())
      return absl::FailedPreconditionError(
          absl::StrCat("--", flag, "=", std::string(status.message())));
  }
  ERR_clear_error();
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) return absl::ResourceExhaustedError(LastError());
  std::shared_ptr<const TlsIdentity> identity(new TlsIdentity(context));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Renegotiation lets a client make the door compute; compression tells what is encrypted.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // 34 KB of a connection that idles
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context, NoPassphrase);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    return Refusal("admin_certificate", certificate, "a certificate in PEM, its chain behind it");
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return Refusal("admin_key", key, "a key in PEM without a passphrase, of that certificate");
  if (SSL_CTX_check_private_key(context) != 1)
    return Refusal("admin_key", key, "the key of that certificate");
  return identity;
}

bool TlsIdentity::IsFor(const std::string& host) const {
  X509* const certificate = SSL_CTX_get0_certificate(context_);
  if (Address::Parse(host).has_value()) return X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
  return !host.empty() && X509_check_host(certificate, host.data(), host.size(), 0, nullptr) == 1;
}

std::string TlsIdentity::AnyHost() const {
  X509* const certificate = SSL_CTX_get0_certificate(context_);
  auto* const names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string host;
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && host.empty(); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    host.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
    if (!IsFor(host)) host.clear();  // a pattern
  }
  GENERAL_NAMES_free(names);
  return host;
}

absl::Time TlsIdentity::expires() const {
  std::tm calendar{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(context_)), &calendar) != 1)
    return absl::InfinitePast();
  return absl::FromUnixSeconds(timegm(&calendar));
}

}  // namespace sluice
