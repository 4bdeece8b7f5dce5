#ifndef SLUICE_TOOLS_ADMIN_HTTP_SERVER_H_
#define SLUICE_TOOLS_ADMIN_HTTP_SERVER_H_

// HttpServer: HTTP/1.1 on sockets that listen, unix, TCP and TLS. A thread of its own ("admin")
// accepts, reads and writes all connections; a thread for each lane ("admin-work", "admin-long",
// "admin-sign-in") runs handlers, one request at a time. Whoever is slow, large or wrong costs a
// slot for a bounded time (bounds.h) and is never logged; the unix socket has slots of its own, so
// that nobody who comes by TCP can keep an operator of this host out. It knows no path: what a
// request means is the handler's.

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/admin/bounds.h"
#include "tools/admin/http_message.h"
#include "tools/admin/tls_identity.h"

namespace sluice {

// A socket that listens, which the server closes.
struct HttpListener {
  int fd = -1;
  DoorKind door = DoorKind::kUnix;
};

class HttpServer {
 public:
  struct Handlers {
    // How long a body this request may have, by method and target, and where it waits for an
    // answer. On the thread "admin".
    std::function<size_t(std::string_view method, std::string_view target)> body_limit;
    std::function<Lane(std::string_view method, std::string_view target)> lane;
    // On the lane's thread. May wait; may throw, which is answered 500.
    std::function<HttpResponse(const HttpRequest&)> answer;
    // On the thread "admin", each second; waits for nothing. May be empty.
    std::function<void()> each_second;
  };

  struct Options {
    int connections_max = admin_bounds::kConnectionsMax;
    int tcp_connections_max = admin_bounds::kTcpConnectionsMax;
    int source_connections_max = admin_bounds::kSourceConnectionsMax;
    int waiting_max = admin_bounds::kWaitingMax;
    int sign_ins_waiting_max = admin_bounds::kSignInsWaitingMax;
    absl::Duration header_time = admin_bounds::kHeaderTime;
    absl::Duration body_time = admin_bounds::kBodyTime;
    absl::Duration idle_time = admin_bounds::kIdleTime;
    absl::Duration answer_time = admin_bounds::kAnswerTime;
    absl::Duration heartbeat = admin_bounds::kHeartbeat;
    int64_t slowest_reader = admin_bounds::kSlowestReader;
  };

  // `identity`: for those of the listeners that speak TLS; null where none does.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      const std::vector<HttpListener>& listeners, std::shared_ptr<const TlsIdentity> identity,
      const Options& options, Handlers handlers);
  // Returns when no handler runs any more and every connection is closed.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Whoever connects from now on sees this one. Any thread.
  void Show(std::shared_ptr<const TlsIdentity> identity);

 private:
  class Threads;
  explicit HttpServer(std::unique_ptr<Threads> threads);

  std::unique_ptr<Threads> threads_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_HTTP_SERVER_H_
