#include "tools/admin/admin_door.h"

#include <utility>
#include <variant>
#include <vector>

#include "absl/time/clock.h"
#include "tools/admin/callers.h"
#include "tools/admin/entrance.h"
#include "tools/admin/routes.h"

namespace sluice {
namespace {

std::vector<HttpListener> ListenersOf(const AdminDoor::Places& places) {
  std::vector<HttpListener> listeners;
  if (!places.path.empty()) listeners.push_back({places.unix_door.listening, DoorKind::kUnix});
  const DoorKind kind = places.tcp.identity == nullptr ? DoorKind::kTcp : DoorKind::kTls;
  for (const TcpPlace& place : places.tcp.places) listeners.push_back({place.listening, kind});
  return listeners;
}

}  // namespace

AdminDoor::AdminDoor(Places places, Administered& gateway)
    : places_(std::move(places)),
      gateway_(gateway),
      audit_(gateway.store(), gateway.entrance().events),
      router_(RoutesTo(gateway), [this](const Answered& answered) { audit_.See(answered); }),
      pulse_(gateway) {
  Doors& doors = gateway.entrance().doors;
  doors.SetUnix(places_.path);
  std::vector<Endpoint> at;
  for (const TcpPlace& place : places_.tcp.places) at.push_back(place.at);
  doors.SetTcp(std::move(at), places_.tcp.identity);
}

// First nobody finds it any more, then nobody is answered.
AdminDoor::~AdminDoor() {
  if (!places_.path.empty()) RemoveUnixDoor(places_.path, places_.unix_door);
  server_.reset();
}

absl::StatusOr<std::unique_ptr<AdminDoor>> AdminDoor::Open(Places places, Administered& gateway) {
  std::unique_ptr<AdminDoor> door(new AdminDoor(std::move(places), gateway));
  const AdminDoor* const raw = door.get();
  HttpServer::Handlers handlers;
  handlers.body_limit = [raw](std::string_view method, std::string_view target) {
    return raw->router_.BodyLimit(method, target);
  };
  handlers.lane = [raw](std::string_view method, std::string_view target) {
    return raw->router_.LaneOf(method, target);
  };
  handlers.each_second = [&pulse = door->pulse_] { pulse.Beat(absl::Now()); };
  handlers.answer = [raw](const HttpRequest& request) { return raw->Answer(request); };
  absl::StatusOr<std::unique_ptr<HttpServer>> server =
      HttpServer::Start(ListenersOf(door->places_), door->places_.tcp.identity,
                        HttpServer::Options(), std::move(handlers));
  if (!server.ok()) return server.status();
  door->server_ = *std::move(server);
  return door;
}

void AdminDoor::Show(std::shared_ptr<const TlsIdentity> identity) {
  gateway_.entrance().doors.Show(identity);
  server_->Show(std::move(identity));
}

HttpResponse AdminDoor::Answer(const HttpRequest& request) const {
  std::variant<Caller, HttpResponse> caller = CallerOf(request, gateway_.entrance(), absl::Now());
  if (auto* const refusal = std::get_if<HttpResponse>(&caller); refusal != nullptr)
    return std::move(*refusal);
  return router_.Answer(request, std::get<Caller>(caller));
}

}  // namespace sluice
