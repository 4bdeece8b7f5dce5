#ifndef SLUICE_TOOLS_ADMIN_HTTP_SERVER_H_
#define SLUICE_TOOLS_ADMIN_HTTP_SERVER_H_

// HttpServer: HTTP/1.1 on a unix socket. A thread of its own ("admin") accepts, reads and writes
// all connections; another one ("admin-work") runs the handler, one request at a time. Whoever is
// slow, large or wrong costs a slot for a bounded time (bounds.h) and is never logged. It knows no
// path: what a request means is the handler's.

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/admin/bounds.h"
#include "tools/admin/http_message.h"

namespace sluice {

class HttpServer {
 public:
  // On the thread "admin-work". May wait; may throw, which is answered 500.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  // How long a body this request may have, by method and target. On the thread "admin".
  using BodyLimit = std::function<size_t(std::string_view method, std::string_view target)>;

  struct Options {
    int connections_max = admin_bounds::kConnectionsMax;
    size_t waiting_max = admin_bounds::kWaitingMax;
    absl::Duration header_time = admin_bounds::kHeaderTime;
    absl::Duration body_time = admin_bounds::kBodyTime;
    absl::Duration idle_time = admin_bounds::kIdleTime;
    absl::Duration answer_time = admin_bounds::kAnswerTime;
    int64_t slowest_reader = admin_bounds::kSlowestReader;
  };

  // `listening`: a unix socket that listens; the server closes it.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(int listening, const Options& options,
                                                           BodyLimit body_limit, Handler handler);
  // Returns when the handler runs no more and every connection is closed.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  class Threads;
  explicit HttpServer(std::unique_ptr<Threads> threads);

  std::unique_ptr<Threads> threads_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_HTTP_SERVER_H_
