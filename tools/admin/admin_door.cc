#include "tools/admin/admin_door.h"

#include "tools/admin/callers.h"
#include "tools/admin/routes.h"

namespace sluice {

AdminDoor::AdminDoor(const std::string& path, Administered& gateway)
    : path_(path),
      audit_(gateway.store()),
      router_(RoutesTo(gateway), [this](const Answered& answered) { audit_.See(answered); }) {}

// First nobody finds it any more, then nobody is answered.
AdminDoor::~AdminDoor() {
  RemoveUnixDoor(path_, place_);
  server_.reset();
}

absl::StatusOr<std::unique_ptr<AdminDoor>> AdminDoor::Open(const std::string& path,
                                                           Administered& gateway) {
  const absl::StatusOr<UnixDoor> place = OpenUnixDoor(path);
  if (!place.ok()) return place.status();
  std::unique_ptr<AdminDoor> door(new AdminDoor(path, gateway));
  door->place_ = *place;
  const Router& router = door->router_;
  absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Start(
      place->listening, HttpServer::Options(),
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
