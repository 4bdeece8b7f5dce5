// Who comes in, through which door, and who answers: Accept takes a connection if there is a slot
// for it, Serve speaks TLS where the door does and has it converse (http_conversation.h), Answer
// hands its requests to the thread of a lane.

#include "tools/admin/http_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/ssl.hpp>
#include <boost/beast/ssl.hpp>
#include <exception>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "core/address.h"
#include "core/start_thread.h"
#include "glog/logging.h"
#include "tools/admin/event_stream.h"
#include "tools/admin/http_conversation.h"
#include "tools/admin/http_slots.h"
#include "tools/admin/http_wire.h"
#include "tools/admin/problem.h"
#include "tools/admin/work_queue.h"

namespace sluice {
namespace {

namespace bounds = admin_bounds;

using TlsStream = beast::ssl_stream<PlainStream>;
using Listening = asio::posix::stream_descriptor;

constexpr std::array<const char*, kLanes> kLaneThreads = {"admin-work", "admin-long",
                                                          "admin-sign-in"};

Peer PeerOf(int fd) {
  ucred found{};
  socklen_t size = sizeof(found);
  // Nobody that is anybody, should Linux ever not know: no group has this number.
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &found, &size) != 0)
    return {static_cast<uid_t>(-1), static_cast<gid_t>(-1)};
  return {found.uid, found.gid};
}

// One end of a TCP connection, or nothing.
std::optional<Address> AddressOf(int fd, int (*get)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (get(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
  char text[INET6_ADDRSTRLEN] = "";
  const void* const bytes =
      storage.ss_family == AF_INET
          ? static_cast<const void*>(&reinterpret_cast<sockaddr_in*>(&storage)->sin_addr)
          : &reinterpret_cast<sockaddr_in6*>(&storage)->sin6_addr;
  if (inet_ntop(storage.ss_family, bytes, text, sizeof(text)) == nullptr) return std::nullopt;
  return Address::Parse(text);
}

int FamilyOf(int fd) {
  int family = AF_UNIX;
  socklen_t size = sizeof(family);
  getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return family;
}

// A socket that nothing was written to takes this at once; should it not, it is closed all the
// same. Whoever expects TLS hears nothing.
void TurnAway(int fd, DoorKind door) {
  static constexpr std::string_view kFull =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
      "Retry-After: 1\r\nConnection: close\r\nContent-Length: 175\r\n\r\n"
      "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\"detail\":"
      "\"expected fewer connections to this door, found as many as it takes; close some, or try "
      "again soon\"}\n";
  static_assert(kFull.size() - kFull.find("{") == 175);
  if (door != DoorKind::kTls) send(fd, kFull.data(), kFull.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  close(fd);
}

// Everything that one connection holds.
struct Places {
  Slot slot;
  std::optional<SourceSlot> source;
};

}  // namespace

class HttpServer::Threads final : public HttpHost {
 public:
  Threads(std::shared_ptr<const TlsIdentity> identity, const Options& options, Handlers handlers)
      : options_(options), handlers_(std::move(handlers)) {
    SetIdentity(std::move(identity));
  }
  virtual ~Threads();

  absl::Status Start(const std::vector<HttpListener>& listeners);
  void Show(std::shared_ptr<const TlsIdentity> identity);

  // --- HttpHost
  const Options& options() const override { return options_; }
  asio::io_context& io() override { return *io_; }
  size_t BodyLimit(std::string_view method, std::string_view target) const override {
    return handlers_.body_limit(method, target);
  }
  asio::awaitable<HttpResponse> Answer(HttpRequest request) override;
  int* large_bodies() override { return &large_bodies_; }
  void Note(std::weak_ptr<EventStream> events) override;

 private:
  // What one request waits for.
  struct Pending {
    explicit Pending(asio::io_context& io) : answered(io) {}
    HttpRequest request;
    HttpResponse response;
    asio::steady_timer answered;
  };

  void SetIdentity(std::shared_ptr<const TlsIdentity> identity);
  asio::awaitable<void> Accept(std::shared_ptr<Listening> listening, DoorKind door);
  std::optional<Places> TakePlaces(int fd, DoorKind door, Arrival* arrival);
  asio::awaitable<void> Serve(AnySocket socket, Arrival arrival, Places places);
  asio::awaitable<void> Pause(absl::Duration time);
  asio::awaitable<void> Tick();
  HttpResponse Handle(const HttpRequest& request) const;
  void Run();

  const Options options_;
  const Handlers handlers_;
  int unix_connections_ = 0;
  int tcp_connections_ = 0;
  SourceSlot::Taken sources_;
  int large_bodies_ = 0;
  std::shared_ptr<asio::ssl::context> tls_;  // null: no listener speaks it
  std::vector<std::weak_ptr<EventStream>> streams_;
  // Given to a lane and not answered, of the unix socket and of the others.
  std::array<std::array<std::atomic<int>, 2>, kLanes> asked_{};
  // Destroyed by hand, since what lives in it uses everything here.
  std::optional<asio::io_context> io_{std::in_place, 1};
  std::array<std::unique_ptr<WorkQueue>, kLanes> lanes_;
  std::thread thread_;
};

HttpServer::HttpServer(std::unique_ptr<Threads> threads) : threads_(std::move(threads)) {}
HttpServer::~HttpServer() = default;

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const std::vector<HttpListener>& listeners, std::shared_ptr<const TlsIdentity> identity,
    const Options& options, Handlers handlers) {
  auto threads = std::make_unique<Threads>(std::move(identity), options, std::move(handlers));
  if (absl::Status status = threads->Start(listeners); !status.ok()) return status;
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(threads)));
}

void HttpServer::Show(std::shared_ptr<const TlsIdentity> identity) {
  threads_->Show(std::move(identity));
}

absl::Status HttpServer::Threads::Start(const std::vector<HttpListener>& listeners) {
  for (const HttpListener& listener : listeners) {
    const auto listening = std::make_shared<Listening>(*io_, listener.fd);
    asio::co_spawn(*io_, Accept(listening, listener.door), asio::detached);
  }
  for (size_t lane = 0; lane < lanes_.size(); ++lane) {
    absl::StatusOr<std::unique_ptr<WorkQueue>> work =
        WorkQueue::Start(kLaneThreads[lane], static_cast<size_t>(options_.waiting_max + 1) * 2);
    if (!work.ok()) return work.status();
    lanes_[lane] = *std::move(work);
  }
  if (handlers_.each_second != nullptr) asio::co_spawn(*io_, Tick(), asio::detached);
  absl::StatusOr<std::thread> thread = StartThread("admin", [this] { Run(); });
  if (!thread.ok()) return thread.status();
  thread_ = *std::move(thread);
  return absl::OkStatus();
}

// First the handlers, which post what they answer; then the thread that would write it; then nobody
// wakes a stream any more.
HttpServer::Threads::~Threads() {
  for (std::unique_ptr<WorkQueue>& lane : lanes_) lane.reset();
  io_->stop();
  if (thread_.joinable()) thread_.join();
  for (const std::weak_ptr<EventStream>& stream : streams_) {
    if (const auto events = stream.lock(); events != nullptr) events->Close();
  }
  io_.reset();
}

void HttpServer::Threads::Run() {
  TakeSecondPlace();
  for (;;) {
    try {
      io_->run();
      return;
    } catch (const std::exception& thrown) {
      LOG(ERROR) << "the administrator's door goes on after: " << thrown.what();
    }
  }
}

void HttpServer::Threads::Show(std::shared_ptr<const TlsIdentity> identity) {
  asio::post(*io_, [this, identity = std::move(identity)] { SetIdentity(identity); });
}

// Connections that there are keep the one from before.
void HttpServer::Threads::SetIdentity(std::shared_ptr<const TlsIdentity> identity) {
  if (identity == nullptr) return;
  SSL_CTX_up_ref(identity->context());
  tls_ = std::make_shared<asio::ssl::context>(identity->context());
}

void HttpServer::Threads::Note(std::weak_ptr<EventStream> events) {
  std::erase_if(streams_, [](const auto& stream) { return stream.expired(); });
  streams_.push_back(std::move(events));
}

asio::awaitable<void> HttpServer::Threads::Pause(absl::Duration time) {
  asio::steady_timer timer(*io_, Chrono(time));
  IoError ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> HttpServer::Threads::Tick() {
  for (;;) {
    co_await Pause(absl::Seconds(1));
    try {
      handlers_.each_second();
    } catch (const std::exception&) {  // no memory: the next second may have some
    }
  }
}

asio::awaitable<void> HttpServer::Threads::Accept(std::shared_ptr<Listening> listening,
                                                  DoorKind door) {
  for (;;) {
    IoError ignored;
    co_await listening->async_wait(Listening::wait_read,
                                   asio::redirect_error(asio::use_awaitable, ignored));
    const int fd =
        accept4(listening->native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    bool served = fd >= 0 || errno == EAGAIN || errno == ECONNABORTED;
    try {
      Arrival arrival{door, {}, "", "", std::chrono::steady_clock::now()};
      std::optional<Places> places;
      if (fd >= 0) places = TakePlaces(fd, door, &arrival);
      if (places.has_value()) {
        AnySocket socket(*io_, asio::generic::stream_protocol(FamilyOf(fd), 0), fd);
        asio::co_spawn(*io_, Serve(std::move(socket), std::move(arrival), *std::move(places)),
                       [](std::exception_ptr) {});  // no memory: the connection is closed
      } else if (fd >= 0) {
        TurnAway(fd, door);
      }
    } catch (const std::exception&) {  // no memory either
      served = false;
    }
    if (!served) co_await Pause(bounds::kAcceptPause);  // no descriptor, no memory
  }
}

// Nothing where whoever comes is one too many. Fills in where it comes from.
std::optional<Places> HttpServer::Threads::TakePlaces(int fd, DoorKind door, Arrival* arrival) {
  const bool local = door == DoorKind::kUnix;
  std::optional<Slot> slot = local ? Slot::Take(&unix_connections_, options_.connections_max)
                                   : Slot::Take(&tcp_connections_, options_.tcp_connections_max);
  if (!slot.has_value()) return std::nullopt;
  if (local) {
    arrival->peer = PeerOf(fd);
    return Places{*std::move(slot), std::nullopt};
  }
  const std::optional<Address> from = AddressOf(fd, getpeername);
  const std::optional<Address> toward = AddressOf(fd, getsockname);
  if (!from.has_value() || !toward.has_value()) return std::nullopt;  // it has left already
  arrival->from = from->ToString();
  arrival->toward = toward->ToString();
  std::optional<SourceSlot> source =
      SourceSlot::Take(&sources_, NetworkOf(*from), options_.source_connections_max);
  if (!source.has_value()) return std::nullopt;
  return Places{*std::move(slot), std::move(source)};
}

asio::awaitable<void> HttpServer::Threads::Serve(AnySocket socket, Arrival arrival, Places) {
  if (arrival.door != DoorKind::kTls) {
    PlainStream stream(std::move(socket));
    HttpConversation<PlainStream> conversation(*this, stream, arrival);
    co_await conversation.Run();
    co_return;
  }
  const std::shared_ptr<asio::ssl::context> tls = tls_;
  TlsStream stream(std::move(socket), *tls);
  beast::get_lowest_layer(stream).expires_after(Chrono(options_.header_time));
  IoError error;
  co_await stream.async_handshake(asio::ssl::stream_base::server,
                                  asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return;
  HttpConversation<TlsStream> conversation(*this, stream, arrival);
  co_await conversation.Run();
  // So that its reader knows that nothing was cut off.
  beast::get_lowest_layer(stream).expires_after(std::chrono::seconds(1));
  co_await stream.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
}

asio::awaitable<HttpResponse> HttpServer::Threads::Answer(HttpRequest request) {
  const Lane lane = handlers_.lane(request.method, request.target);
  const auto place = static_cast<size_t>(lane);
  std::atomic<int>& asked = asked_[place][request.arrival.door == DoorKind::kUnix ? 0 : 1];
  const int most = lane == Lane::kSignIn ? options_.sign_ins_waiting_max : options_.waiting_max;
  if (asked.load() > most) co_return Busy();  // one of them is being answered
  const auto pending = std::make_shared<Pending>(*io_);
  pending->request = std::move(request);
  pending->answered.expires_after(Chrono(bounds::kHandlerTime));
  // What the handler has posted runs on this thread, so not before this waits.
  ++asked;
  const bool added = lanes_[place]->Add([this, pending, &asked] {
    pending->response = Handle(pending->request);
    --asked;
    try {
      asio::post(*io_, [pending] { pending->answered.cancel(); });
    } catch (const std::bad_alloc&) {  // the client waits in vain
    }
  });
  if (!added) {
    --asked;
    co_return Busy();
  }
  IoError cancelled;
  co_await pending->answered.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  if (!cancelled) co_return Problem(503, "expected an answer within 5 minutes, found none; retry");
  co_return std::move(pending->response);
}

// On the thread of a lane.
HttpResponse HttpServer::Threads::Handle(const HttpRequest& request) const {
  try {
    return handlers_.answer(request);
  } catch (const std::bad_alloc&) {
    HttpResponse response;
    response.status = 500;
    response.content_type = "application/problem+json";
    response.body =
        "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500,\"detail\":"
        "\"expected enough memory for this answer, found too little; ask for less, or raise the "
        "limit\"}\n";
    return response;
  } catch (const std::exception& thrown) {
    LOG(ERROR) << "the administrator's door could not answer a request: " << thrown.what();
    return Problem(500, "expected to answer, found a defect of the gateway; its log says which");
  }
}

}  // namespace sluice
