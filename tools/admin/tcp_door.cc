#include "tools/admin/tcp_door.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tools/admin/bounds.h"

namespace sluice {
namespace {

absl::StatusOr<std::vector<Endpoint>> ReadPlaces(const TcpDoorOptions& options) {
  std::vector<Endpoint> places;
  for (const absl::string_view part : absl::StrSplit(options.listen, ',', absl::SkipWhitespace())) {
    const std::string text(absl::StripAsciiWhitespace(part));
    const std::optional<Endpoint> at = Endpoint::Parse(text);
    if (!at.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--admin_listen: expected addresses with ports and commas between them, such as "
          "127.0.0.1:1081 or [::1]:1081, found \"",
          absl::CEscape(text.substr(0, 60)), "\""));
    }
    places.push_back(*at);
  }
  if (places.size() > admin_bounds::kTcpPlacesMax) {
    return absl::InvalidArgumentError(absl::StrCat("--admin_listen: expected at most ",
                                                   admin_bounds::kTcpPlacesMax, " places, found ",
                                                   places.size(), "; 0.0.0.0 and :: are all"));
  }
  return places;
}

absl::StatusOr<std::shared_ptr<const TlsIdentity>> ReadIdentity(
    const TcpDoorOptions& options, const std::vector<Endpoint>& places) {
  if (options.certificate.empty() != options.key.empty()) {
    return absl::InvalidArgumentError(
        options.key.empty() ? "--admin_certificate: expected --admin_key beside it, found none"
                            : "--admin_key: expected --admin_certificate beside it, found none");
  }
  if (!options.certificate.empty()) return TlsIdentity::Load(options.certificate, options.key);
  for (const Endpoint& at : places) {
    if (ClassifySpecialUse(at.address) == SpecialUse::kLoopback) continue;
    const std::string host =
        at.address.is_unspecified() ? "$(hostname -I | cut -d' ' -f1)" : at.address.ToString();
    return absl::FailedPreconditionError(absl::StrCat(
        "--admin_listen=", at.ToString(),
        ": expected a certificate, since passwords would cross a network in the clear, found none; "
        "make one:\n  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "
        "365 -subj /CN=$(hostname) -addext \"subjectAltName=DNS:$(hostname),IP:",
        host,
        "\" -keyout admin.key -out admin.crt\nand start with --admin_certificate=admin.crt "
        "--admin_key=admin.key, or listen on loopback only"));
  }
  return nullptr;
}

absl::Status Refusal(const Endpoint& at, std::string_view wanted) {
  return absl::UnavailableError(absl::StrCat(
      "--admin_listen=", at.ToString(), ": expected ", std::string(wanted),
      ", found: ", strerrordesc_np(errno),
      "; name another port with --admin_listen=ADDRESS:PORT, or none with --admin_listen="));
}

socklen_t FillSockaddr(const Endpoint& at, sockaddr_storage* storage) {
  if (at.address.is_v4()) {
    auto* const v4 = reinterpret_cast<sockaddr_in*>(storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(at.port);
    v4->sin_addr.s_addr = htonl(at.address.v4());
    return sizeof(*v4);
  }
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(storage);
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(at.port);
  std::memcpy(&v6->sin6_addr, at.address.bytes().data(), at.address.bytes().size());
  return sizeof(*v6);
}

// Listens at one place. The descriptor is `place->listening` from the first moment on, so that who
// has the place closes it.
absl::Status Listen(OwnPorts& own_ports, TcpPlace* place) {
  sockaddr_storage storage{};
  socklen_t size = FillSockaddr(place->at, &storage);
  place->listening = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (place->listening < 0) return Refusal(place->at, "a socket");
  const int on = 1;
  setsockopt(place->listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (storage.ss_family == AF_INET6)
    setsockopt(place->listening, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  // Of a stream that nobody reads, Linux would else keep megabytes.
  const int buffer = admin_bounds::kSendBuffer;
  setsockopt(place->listening, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
  auto* const name = reinterpret_cast<sockaddr*>(&storage);
  if (bind(place->listening, name, size) != 0) return Refusal(place->at, "a free port");
  if (getsockname(place->listening, name, &size) != 0) return Refusal(place->at, "its own name");
  place->at.port =
      ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                                          : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
  place->port = OwnPort(own_ports, place->at.port);  // before anybody can connect
  if (listen(place->listening, admin_bounds::kBacklog) != 0)
    return Refusal(place->at, "to listen there");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TcpDoor> OpenTcpDoor(const TcpDoorOptions& options, OwnPorts& own_ports) {
  const absl::StatusOr<std::vector<Endpoint>> wanted = ReadPlaces(options);
  if (!wanted.ok()) return wanted.status();
  absl::StatusOr<std::shared_ptr<const TlsIdentity>> identity = ReadIdentity(options, *wanted);
  if (!identity.ok()) return identity.status();
  TcpDoor door;
  door.identity = *std::move(identity);
  for (const Endpoint& at : *wanted) {
    TcpPlace& place = door.places.emplace_back();
    place.at = at;
    const absl::Status status = Listen(own_ports, &place);
    if (status.ok()) continue;
    for (const TcpPlace& opened : door.places) {
      if (opened.listening >= 0) close(opened.listening);
    }
    return status;
  }
  return door;
}

}  // namespace sluice
