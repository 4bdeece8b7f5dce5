#include "relay/gss/gssapi_mechanism.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5/krb5.h>

#include <climits>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/regular_file.h"
#include "glog/logging.h"

namespace sluice {
namespace {

// --- Objects of the library, given back when they go out of use.

class Name {
 public:
  ~Name() {
    OM_uint32 minor;
    if (name_ != GSS_C_NO_NAME) gss_release_name(&minor, &name_);
  }
  gss_name_t* out() { return &name_; }
  gss_name_t get() const { return name_; }

 private:
  gss_name_t name_ = GSS_C_NO_NAME;
};

class Buffer {
 public:
  ~Buffer() {
    OM_uint32 minor;
    gss_release_buffer(&minor, &buffer_);
  }
  gss_buffer_t out() { return &buffer_; }
  std::string_view text() const {
    return {static_cast<const char*>(buffer_.value), buffer_.length};
  }
  absl::Span<const uint8_t> bytes() const {
    return {static_cast<const uint8_t*>(buffer_.value), buffer_.length};
  }

 private:
  gss_buffer_desc buffer_ = GSS_C_EMPTY_BUFFER;
};

class Credential {
 public:
  ~Credential() {
    OM_uint32 minor;
    if (credential_ != GSS_C_NO_CREDENTIAL) gss_release_cred(&minor, &credential_);
  }

  // The keys of `service` for any host name. GSS_S_COMPLETE or the major status.
  OM_uint32 Acquire(const std::string& service, const std::string& keytab, OM_uint32* minor) {
    gss_buffer_desc text{service.size(), const_cast<char*>(service.data())};
    Name name;
    OM_uint32 major = gss_import_name(minor, &text, GSS_C_NT_HOSTBASED_SERVICE, name.out());
    if (GSS_ERROR(major)) return major;
    gss_key_value_element_desc element{"keytab", keytab.c_str()};
    const gss_key_value_set_desc store{keytab.empty() ? 0u : 1u, &element};
    gss_OID_set_desc kerberos{1, const_cast<gss_OID>(gss_mech_krb5)};
    return gss_acquire_cred_from(minor, name.get(), GSS_C_INDEFINITE, &kerberos, GSS_C_ACCEPT,
                                 keytab.empty() ? nullptr : &store, &credential_, nullptr, nullptr);
  }
  gss_cred_id_t get() const { return credential_; }

 private:
  gss_cred_id_t credential_ = GSS_C_NO_CREDENTIAL;
};

// The library opens the keytab itself, and would wait for a FIFO. What is not there at all it
// explains better.
absl::Status CheckKeytabFile(const std::string& keytab) {
  std::string name = keytab;
  if (name.empty()) {
    krb5_context library = nullptr;
    if (krb5_init_context(&library) != 0) return absl::OkStatus();
    char text[PATH_MAX] = "";
    if (krb5_kt_default_name(library, text, sizeof(text)) == 0) name = text;
    krb5_free_context(library);
  }
  for (const std::string_view kind : {"FILE:", "WRFILE:"}) {
    if (name.starts_with(kind)) name.erase(0, kind.size());
  }
  if (!name.starts_with('/')) return absl::OkStatus();  // of another kind, such as MEMORY:
  absl::Status status = CheckRegularFile(name);
  return absl::IsInvalidArgument(status) ? status : absl::OkStatus();
}

// What the library has to say of a status, both parts.
std::string Explain(OM_uint32 major, OM_uint32 minor) {
  std::string text;
  for (const auto& [status, kind] :
       {std::pair{major, GSS_C_GSS_CODE}, std::pair{minor, GSS_C_MECH_CODE}}) {
    OM_uint32 more = 0;
    OM_uint32 ignored;
    do {
      Buffer said;
      if (GSS_ERROR(gss_display_status(&ignored, status, kind, GSS_C_NO_OID, &more, said.out())))
        break;
      absl::StrAppend(&text, text.empty() ? "" : "; ",
                      absl::string_view(said.text().data(), said.text().size()));
    } while (more != 0);
  }
  return text;
}

// What the library says itself may have words of the client's; the log has a sentence of ours.
std::string_view WhyRefused(OM_uint32 major, OM_uint32 minor) {
  switch (static_cast<krb5_error_code>(minor)) {
    case KRB5KRB_AP_ERR_SKEW:
      return "GSSAPI: the clocks of client and gateway differ by more than Kerberos allows";
    case KRB5KRB_AP_ERR_TKT_EXPIRED: return "GSSAPI: the client's ticket has expired";
    case KRB5KRB_AP_ERR_TKT_NYV: return "GSSAPI: the client's ticket is not valid yet";
    case KRB5KRB_AP_ERR_REPEAT: return "GSSAPI: the client's token was used before";
    case KRB5_KT_NOTFOUND:
    case KRB5_KT_KVNONOTFOUND:
    case KRB5KRB_AP_ERR_NOKEY:
    case KRB5KRB_AP_ERR_BADKEYVER:
    case KRB5KRB_AP_WRONG_PRINC:
    case KRB5KRB_AP_ERR_NOT_US:
      return "GSSAPI: the client's ticket is for a key that the keytab does not have";
    case KRB5KRB_AP_ERR_BAD_INTEGRITY:
    case KRB5KRB_AP_ERR_MODIFIED:
      return "GSSAPI: the client's ticket was not made with a key of the keytab";
    default: break;
  }
  switch (GSS_ROUTINE_ERROR(major)) {
    case GSS_S_DEFECTIVE_TOKEN: return "GSSAPI: the client's token is broken";
    case GSS_S_BAD_MECH: return "GSSAPI: the client's mechanism is not served";
    case GSS_S_NO_CRED: return "GSSAPI: the gateway has no key of its own";
    default: return "GSSAPI: the security context could not be established";
  }
}

class GssapiConversation final : public GssConversation {
 public:
  GssapiConversation(std::string_view service, std::string_view keytab)
      : service_(service), keytab_(keytab) {}
  ~GssapiConversation() override {
    OM_uint32 minor;
    // The deletion's own token is not used, RFC 1961 section 6.
    if (handle_ != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &handle_, GSS_C_NO_BUFFER);
  }

  GssAccepted Accept(absl::Span<const uint8_t> token) override;
  std::string_view principal() const override { return principal_; }
  bool offers_integrity() const override { return (flags_ & GSS_C_INTEG_FLAG) != 0; }
  bool offers_confidentiality() const override { return (flags_ & GSS_C_CONF_FLAG) != 0; }
  bool Wrap(absl::Span<const uint8_t> message, bool confidential,
            std::vector<uint8_t>* out) override;
  GssUnwrapped Unwrap(absl::Span<uint8_t> token) override;

 private:
  bool LearnPrincipal(gss_name_t client);

  const std::string service_;
  const std::string keytab_;
  gss_ctx_id_t handle_ = GSS_C_NO_CONTEXT;
  OM_uint32 flags_ = 0;
  std::string principal_;
};

GssAccepted GssapiConversation::Accept(absl::Span<const uint8_t> token) {
  GssAccepted accepted;
  OM_uint32 minor = 0;
  Credential credential;
  const absl::Status keytab = CheckKeytabFile(keytab_);
  OM_uint32 major =
      keytab.ok() ? credential.Acquire(service_, keytab_, &minor) : OM_uint32{GSS_S_NO_CRED};
  if (GSS_ERROR(major)) {
    // Nothing of the client's is in this one, and the operator needs it.
    LOG_EVERY_N(WARNING, 100) << "GSSAPI clients are refused: no key of service " << service_
                              << ": "
                              << (keytab.ok() ? Explain(major, minor)
                                              : std::string(keytab.message()));
    accepted.why = "GSSAPI: the gateway has no key of its own";
    return accepted;
  }
  gss_buffer_desc input{token.size(), const_cast<uint8_t*>(token.data())};
  Name client;
  Buffer answer;
  major =
      gss_accept_sec_context(&minor, &handle_, credential.get(), &input, GSS_C_NO_CHANNEL_BINDINGS,
                             client.out(), nullptr, answer.out(), &flags_, nullptr, nullptr);
  if (GSS_ERROR(major)) {
    accepted.why = WhyRefused(major, minor);
    return accepted;
  }
  accepted.answer.assign(answer.bytes().begin(), answer.bytes().end());
  if ((major & GSS_S_CONTINUE_NEEDED) != 0) {
    accepted.progress = GssAccepted::Progress::kContinue;
  } else if (!LearnPrincipal(client.get())) {
    accepted.why = "GSSAPI: the client has no name";
  } else {
    accepted.progress = GssAccepted::Progress::kEstablished;
  }
  return accepted;
}

bool GssapiConversation::LearnPrincipal(gss_name_t client) {
  OM_uint32 minor;
  Buffer name;
  gss_OID type = GSS_C_NO_OID;
  if (GSS_ERROR(gss_display_name(&minor, client, name.out(), &type))) return false;
  // Anybody's name is nobody's.
  if (type != GSS_C_NO_OID && gss_oid_equal(type, GSS_C_NT_ANONYMOUS) != 0) return false;
  principal_ = name.text();
  return !principal_.empty();
}

// In place: the library says how much it puts before and behind the message, and encrypts where the
// token is to stand.
bool GssapiConversation::Wrap(absl::Span<const uint8_t> message, bool confidential,
                              std::vector<uint8_t>* out) {
  OM_uint32 minor;
  gss_iov_buffer_desc parts[4] = {};
  parts[0].type = GSS_IOV_BUFFER_TYPE_HEADER;
  parts[1].type = GSS_IOV_BUFFER_TYPE_DATA;
  parts[1].buffer = {message.size(), const_cast<uint8_t*>(message.data())};
  parts[2].type = GSS_IOV_BUFFER_TYPE_PADDING;
  parts[3].type = GSS_IOV_BUFFER_TYPE_TRAILER;
  const int conf = confidential ? 1 : 0;
  if (GSS_ERROR(gss_wrap_iov_length(&minor, handle_, conf, GSS_C_QOP_DEFAULT, nullptr, parts, 4)))
    return false;
  size_t size = 0;
  for (const gss_iov_buffer_desc& part : parts) size += part.buffer.length;
  const size_t at = out->size();
  out->resize(at + size);
  uint8_t* place = out->data() + at;
  for (gss_iov_buffer_desc& part : parts) {
    if (part.type == GSS_IOV_BUFFER_TYPE_DATA && !message.empty())
      std::memcpy(place, message.data(), message.size());
    part.buffer.value = place;
    place += part.buffer.length;
  }
  int conf_state = 0;
  if (GSS_ERROR(gss_wrap_iov(&minor, handle_, conf, GSS_C_QOP_DEFAULT, &conf_state, parts, 4)))
    return false;
  if (conf_state != conf) return false;
  size_t used = 0;
  for (const gss_iov_buffer_desc& part : parts) used += part.buffer.length;
  return used == size;
}

GssUnwrapped GssapiConversation::Unwrap(absl::Span<uint8_t> token) {
  GssUnwrapped unwrapped;
  OM_uint32 minor;
  gss_iov_buffer_desc parts[2] = {};
  parts[0].type = GSS_IOV_BUFFER_TYPE_STREAM;
  parts[0].buffer = {token.size(), token.data()};
  parts[1].type = GSS_IOV_BUFFER_TYPE_DATA;
  int conf_state = 0;
  const OM_uint32 major = gss_unwrap_iov(&minor, handle_, &conf_state, nullptr, parts, 2);
  if (GSS_ERROR(major)) return unwrapped;
  const OM_uint32 order = GSS_SUPPLEMENTARY_INFO(major);
  if ((order & (GSS_S_DUPLICATE_TOKEN | GSS_S_OLD_TOKEN)) != 0) {
    unwrapped.outcome = GssUnwrapped::Outcome::kRepeated;
  } else if ((order & (GSS_S_UNSEQ_TOKEN | GSS_S_GAP_TOKEN)) != 0) {
    unwrapped.outcome = GssUnwrapped::Outcome::kOutOfTurn;
  } else {
    unwrapped.outcome = GssUnwrapped::Outcome::kInTurn;
  }
  unwrapped.confidential = conf_state != 0;
  unwrapped.message =
      absl::MakeSpan(static_cast<uint8_t*>(parts[1].buffer.value), parts[1].buffer.length);
  return unwrapped;
}

}  // namespace

absl::Status GssapiMechanism::CheckKeytab(std::string_view service, std::string_view keytab) {
  if (absl::Status status = CheckKeytabFile(std::string(keytab)); !status.ok()) return status;
  OM_uint32 minor = 0;
  Credential credential;
  const OM_uint32 major = credential.Acquire(std::string(service), std::string(keytab), &minor);
  if (!GSS_ERROR(major)) return absl::OkStatus();
  const auto view = [](std::string_view text) {
    return absl::string_view(text.data(), text.size());
  };
  return absl::FailedPreconditionError(absl::StrCat(
      "auth.methods has \"gssapi\": expected a key of the service ", view(service), " in ",
      keytab.empty() ? "the default keytab (KRB5_KTNAME, /etc/krb5.keytab)" : view(keytab),
      ", found: ", Explain(major, minor), "; make one with kadmin: ktadd -k KEYTAB ", view(service),
      "/HOST, and name it in auth.gssapi_keytab"));
}

std::unique_ptr<GssConversation> GssapiMechanism::NewConversation(std::string_view service,
                                                                  std::string_view keytab) {
  return std::make_unique<GssapiConversation>(service, keytab);
}

}  // namespace sluice
