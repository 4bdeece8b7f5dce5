#ifndef SLUICE_RELAY_GSS_GSSAPI_MECHANISM_H_
#define SLUICE_RELAY_GSS_GSSAPI_MECHANISM_H_

// GssapiMechanism: security contexts of MIT Kerberos (libgssapi_krb5). The only place that includes
// its headers. The library reads the keytab and writes its replay cache within Accept, so that
// belongs on a worker's thread; it allocates as it likes.

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "relay/gss/gss_conversation.h"

namespace sluice {

class GssapiMechanism final : public GssMechanism {
 public:
  // Whether `keytab` (empty: the library's default) has a key of the host-based service `service`:
  // what an administrator wants to know before clients do. Reads files. Any thread.
  static absl::Status CheckKeytab(std::string_view service, std::string_view keytab);

  std::unique_ptr<GssConversation> NewConversation(std::string_view service,
                                                   std::string_view keytab) override;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_GSS_GSSAPI_MECHANISM_H_
