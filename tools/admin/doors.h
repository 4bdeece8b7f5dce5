#ifndef SLUICE_TOOLS_ADMIN_DOORS_H_
#define SLUICE_TOOLS_ADMIN_DOORS_H_

// Doors: where the administrator's door can be found, for whoever is told so and for whoever asks
// by another name. Any thread.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/address.h"
#include "tools/admin/http_message.h"
#include "tools/admin/tls_identity.h"

namespace sluice {

class Doors {
 public:
  Doors() = default;
  Doors(const Doors&) = delete;
  Doors& operator=(const Doors&) = delete;

  void SetUnix(std::string path);
  // `identity`: null where they speak plain HTTP.
  void SetTcp(std::vector<Endpoint> at, std::shared_ptr<const TlsIdentity> identity);
  // The same places, another certificate.
  void Show(std::shared_ptr<const TlsIdentity> identity);

  std::string unix_path() const;
  // "http://127.0.0.1:1081"
  std::vector<std::string> urls() const;
  // Where a browser of this host finds the console: "http://127.0.0.1:1081/"; empty where there is
  // no TCP.
  std::string ConsoleUrl() const;
  // Whether the request's Host is a name or an address of this gateway. A page of elsewhere whose
  // name was made to lead here (DNS rebinding) has another.
  bool IsOurs(const HttpRequest& request) const;
  std::shared_ptr<const TlsIdentity> identity() const;

 private:
  mutable std::mutex lock_;
  std::string unix_;
  std::vector<Endpoint> tcp_;
  std::shared_ptr<const TlsIdentity> identity_;
};

// The host of a Host or an authority: "::1" of "[::1]:1081". Empty where there is none.
std::string HostOf(std::string_view authority);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_DOORS_H_
