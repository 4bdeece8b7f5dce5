#ifndef SLUICE_RELAY_UDP_UDP_CLIENT_H_
#define SLUICE_RELAY_UDP_UDP_CLIENT_H_

// UdpClient: whose association it is, as its session knows it. One thread, the shard's.

#include <string_view>

#include "core/address.h"
#include "core/interface_name.h"
#include "relay/gss/gss_layer.h"
#include "relay/limits/sources.h"
#include "relay/session_auth.h"

namespace sluice {

class UdpClient {
 public:
  virtual const Endpoint& client() const = 0;
  // By which it comes, where its address is link-local; else none.
  virtual InterfaceName interface() const = 0;
  // Null where it is not counted.
  virtual Source* source() const = 0;
  // Empty where the client has not said who it is.
  virtual std::string_view user() const = 0;
  virtual SessionAuth auth() const = 0;
  // What wraps and unwraps its datagrams; null where they are plain.
  virtual GssLayer* gss() const = 0;

 protected:
  ~UdpClient() = default;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_UDP_UDP_CLIENT_H_
