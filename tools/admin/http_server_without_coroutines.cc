// What stands in for http_server.cc where the compiler has no coroutines of C++20: clang 14, which
// only checks the tree, and whose programs nobody runs. A door says so and does not open.

#include <unistd.h>

#include "absl/status/status.h"
#include "tools/admin/http_server.h"

namespace sluice {

class HttpServer::Threads {};

HttpServer::HttpServer(std::unique_ptr<Threads> threads) : threads_(std::move(threads)) {}
HttpServer::~HttpServer() = default;

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const std::vector<HttpListener>& listeners, std::shared_ptr<const TlsIdentity>, const Options&,
    Handlers) {
  for (const HttpListener& listener : listeners) close(listener.fd);
  return absl::UnimplementedError(
      "expected coroutines of C++20 for the administrator's door, found a build without them; "
      "build with GCC");
}

void HttpServer::Show(std::shared_ptr<const TlsIdentity>) {}

}  // namespace sluice
