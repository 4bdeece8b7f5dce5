#include "tools/admin/admin_door.h"

#include <unistd.h>

#include "tools/admin/callers.h"
#include "tools/admin/routes.h"
#include "tools/admin/unix_door.h"

namespace sluice {

AdminDoor::AdminDoor(const std::string& path, Administered& gateway)
    : path_(path), router_(RoutesTo(gateway)) {}

AdminDoor::~AdminDoor() { server_.reset(); }

absl::StatusOr<std::unique_ptr<AdminDoor>> AdminDoor::Open(const std::string& path,
                                                           Administered& gateway) {
  const absl::StatusOr<int> listening = OpenUnixDoor(path);
  if (!listening.ok()) return listening.status();
  std::unique_ptr<AdminDoor> door(new AdminDoor(path, gateway));
  const Router& router = door->router_;
  absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Start(
      *listening, HttpServer::Options(),
      [&router](std::string_view method, std::string_view target) {
        return router.BodyLimit(method, target);
      },
      [&router](const HttpRequest& request) {
        return router.Answer(request, CallerOf(request.peer));
      });
  if (!server.ok()) return server.status();
  door->server_ = *std::move(server);
  return door;
}

}  // namespace sluice
