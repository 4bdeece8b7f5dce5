// A connection as Serve tells it: wait for a request, read its head, read its body, let the handler
// answer, write that; again, for as long as both want. Everything on the thread "admin" but Handle.

#include "tools/admin/http_server.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "core/start_thread.h"
#include "glog/logging.h"
#include "tools/admin/problem.h"
#include "tools/admin/work_queue.h"

#if !defined(BOOST_ASIO_HAS_CO_AWAIT)
#error "expected a Boost.Asio with co_await (1.74 or newer, C++20)"
#endif

namespace sluice {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace bounds = admin_bounds;

using Unix = asio::local::stream_protocol;
using Stream = beast::basic_stream<Unix>;
using Parser = http::request_parser<http::string_body>;
using Error = boost::system::error_code;

// One of a bounded number, for as long as this lives.
class Slot {
 public:
  static std::optional<Slot> Take(int* taken, int most) {
    if (*taken >= most) return std::nullopt;
    return Slot(taken);
  }
  Slot(Slot&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
  Slot& operator=(Slot&& other) noexcept {
    std::swap(taken_, other.taken_);
    return *this;
  }
  ~Slot() {
    if (taken_ != nullptr) --*taken_;
  }

 private:
  explicit Slot(int* taken) : taken_(taken) { ++*taken_; }
  int* taken_;
};

std::chrono::nanoseconds Chrono(absl::Duration time) { return absl::ToChronoNanoseconds(time); }

std::string Text(beast::string_view view) { return {view.data(), view.size()}; }

Peer PeerOf(int fd) {
  ucred found{};
  socklen_t size = sizeof(found);
  // Nobody that is anybody, should Linux ever not know: no group has this number.
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &found, &size) != 0)
    return {static_cast<uid_t>(-1), static_cast<gid_t>(-1)};
  return {found.uid, found.gid};
}

// What is wrong with a request whose head or body could not be read, or nothing: then there is
// nobody to tell.
std::optional<HttpResponse> FaultOf(const Error& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return Problem(431, "expected a request head of at most 16 KB, found more; send less");
  if (error == http::error::body_limit)
    return Problem(413, "expected a shorter body; send what docs/ADMIN.md says of this resource");
  if (error.category() != make_error_code(http::error::end_of_stream).category() ||
      error == http::error::end_of_stream || error == http::error::partial_message)
    return std::nullopt;
  return Problem(400, "expected an HTTP/1.1 request, found something else; see docs/ADMIN.md");
}

HttpResponse Busy() {
  HttpResponse response =
      Problem(503, "expected fewer requests at a time, found too many waiting; try again soon");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

// The fields that every answer has.
template <class Body>
void SetHead(const HttpResponse& from, bool keep, http::response<Body>* to) {
  to->version(11);
  to->result(static_cast<unsigned>(from.status));
  to->set(http::field::server, "sluiced");
  to->set(http::field::date,
          absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", absl::Now(), absl::UTCTimeZone()));
  to->set(http::field::content_type, from.content_type);
  to->set(http::field::cache_control, "no-store");
  to->set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : from.headers) to->set(name, value);
  to->keep_alive(keep);
}

}  // namespace

class HttpServer::Threads {
 public:
  Threads(const Options& options, BodyLimit body_limit, Handler handler)
      : options_(options), body_limit_(std::move(body_limit)), handler_(std::move(handler)) {}
  ~Threads();

  absl::Status Start(int listening);

 private:
  // What one request waits for.
  struct Pending {
    explicit Pending(asio::io_context& io) : answered(io) {}
    HttpRequest request;
    HttpResponse response;
    asio::steady_timer answered;
  };

  asio::awaitable<void> Accept(Unix::acceptor acceptor);
  asio::awaitable<void> Pause(absl::Duration time);
  void TurnAway(Unix::socket socket);
  asio::awaitable<void> Serve(Stream stream, Slot slot);
  asio::awaitable<bool> AwaitRequest(Stream& stream, beast::flat_buffer& buffer, bool first);
  asio::awaitable<std::optional<HttpResponse>> ReadRequest(Stream& stream,
                                                           beast::flat_buffer& buffer,
                                                           Parser& parser, bool* gone);
  asio::awaitable<HttpResponse> Answer(HttpRequest request);
  HttpResponse Handle(const HttpRequest& request) const;
  asio::awaitable<bool> Write(Stream& stream, HttpResponse response, bool head_only, bool keep);
  asio::awaitable<void> Linger(Stream& stream);
  void Run();

  const Options options_;
  const BodyLimit body_limit_;
  const Handler handler_;
  int connections_ = 0;
  int large_bodies_ = 0;
  // Destroyed by hand, since what lives in it uses everything here.
  std::optional<asio::io_context> io_{std::in_place, 1};
  std::unique_ptr<WorkQueue> work_;
  std::thread thread_;
};

HttpServer::HttpServer(std::unique_ptr<Threads> threads) : threads_(std::move(threads)) {}
HttpServer::~HttpServer() = default;

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(int listening, const Options& options,
                                                              BodyLimit body_limit,
                                                              Handler handler) {
  auto threads = std::make_unique<Threads>(options, std::move(body_limit), std::move(handler));
  if (absl::Status status = threads->Start(listening); !status.ok()) return status;
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(threads)));
}

absl::Status HttpServer::Threads::Start(int listening) {
  Unix::acceptor acceptor(*io_);
  acceptor.assign(Unix(), listening);
  absl::StatusOr<std::unique_ptr<WorkQueue>> work =
      WorkQueue::Start("admin-work", options_.waiting_max);
  if (!work.ok()) return work.status();
  work_ = *std::move(work);
  asio::co_spawn(*io_, Accept(std::move(acceptor)), asio::detached);
  absl::StatusOr<std::thread> thread = StartThread("admin", [this] { Run(); });
  if (!thread.ok()) return thread.status();
  thread_ = *std::move(thread);
  return absl::OkStatus();
}

// First the handler, which posts what it answers; then the thread that would write it.
HttpServer::Threads::~Threads() {
  work_.reset();
  io_->stop();
  if (thread_.joinable()) thread_.join();
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

asio::awaitable<void> HttpServer::Threads::Pause(absl::Duration time) {
  asio::steady_timer timer(*io_, Chrono(time));
  Error ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> HttpServer::Threads::Accept(Unix::acceptor acceptor) {
  for (;;) {
    Error error;
    bool served = false;
    try {
      Unix::socket socket(*io_);
      co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
      if (!error) {
        fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
        std::optional<Slot> slot = Slot::Take(&connections_, options_.connections_max);
        if (slot.has_value()) {
          asio::co_spawn(*io_, Serve(Stream(std::move(socket)), *std::move(slot)),
                         [](std::exception_ptr) {});  // no memory: the connection is closed
        } else {
          TurnAway(std::move(socket));
        }
        served = true;
      }
    } catch (const std::exception&) {  // no memory either
    }
    if (!served) co_await Pause(bounds::kAcceptPause);  // no descriptor, no memory
  }
}

// A socket that nothing was written to takes this at once; should it not, it is closed all the
// same.
void HttpServer::Threads::TurnAway(Unix::socket socket) {
  static constexpr std::string_view kFull =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
      "Retry-After: 1\r\nConnection: close\r\nContent-Length: 165\r\n\r\n"
      "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\"detail\":"
      "\"expected at most 64 connections to this door, found more; close some, or try again "
      "soon\"}\n";
  static_assert(kFull.size() - kFull.find("{") == 165);
  send(socket.native_handle(), kFull.data(), kFull.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

asio::awaitable<void> HttpServer::Threads::Serve(Stream stream, Slot) {
  const Peer peer = PeerOf(stream.socket().native_handle());
  beast::flat_buffer buffer(bounds::kBodyBytesMax);
  for (bool first = true;; first = false) {
    const bool came = co_await AwaitRequest(stream, buffer, first);
    if (!came) co_return;
    Parser parser;
    bool gone = false;
    std::optional<HttpResponse> fault = co_await ReadRequest(stream, buffer, parser, &gone);
    if (gone) co_return;
    const bool head_only = parser.get().method() == http::verb::head;
    if (fault.has_value()) {
      const bool told = co_await Write(stream, *std::move(fault), head_only, false);
      if (told) co_await Linger(stream);
      co_return;
    }
    const bool keep = parser.keep_alive();
    http::request<http::string_body> asked = parser.release();
    HttpRequest request{Text(asked.method_string()),
                        Text(asked.target()),
                        Text(asked[http::field::accept]),
                        Text(asked[http::field::content_type]),
                        Text(asked[http::field::if_none_match]),
                        std::move(asked.body()),
                        peer};
    stream.expires_never();
    HttpResponse response = co_await Answer(std::move(request));
    const bool written = co_await Write(stream, std::move(response), head_only, keep);
    if (!written || !keep) co_return;
  }
}

// False where none comes any more. The first must come soon, later ones may take their time; from
// its first byte on each has the same.
asio::awaitable<bool> HttpServer::Threads::AwaitRequest(Stream& stream, beast::flat_buffer& buffer,
                                                        bool first) {
  constexpr size_t kFirstRead = 4096;
  if (buffer.size() > 0) co_return true;
  stream.expires_after(Chrono(first ? options_.header_time : options_.idle_time));
  Error error;
  const size_t size = co_await stream.async_read_some(
      buffer.prepare(kFirstRead), asio::redirect_error(asio::use_awaitable, error));
  buffer.commit(size);
  co_return !error;
}

// What is wrong with it, if anything is that can be answered. The connection ends then, because
// nobody knows where the next request begins.
asio::awaitable<std::optional<HttpResponse>> HttpServer::Threads::ReadRequest(
    Stream& stream, beast::flat_buffer& buffer, Parser& parser, bool* gone) {
  Error error;
  parser.header_limit(bounds::kHeaderBytesMax);
  parser.body_limit(bounds::kConfigBodyBytesMax);
  stream.expires_after(Chrono(options_.header_time));
  co_await http::async_read_header(stream, buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    std::optional<HttpResponse> fault = FaultOf(error);
    *gone = !fault.has_value();
    co_return fault;
  }
  const auto& head = parser.get();
  const size_t limit = body_limit_(Text(head.method_string()), Text(head.target()));
  const size_t announced = parser.chunked() ? limit : parser.content_length().value_or(0);
  if (announced > limit) co_return FaultOf(make_error_code(http::error::body_limit));
  std::optional<Slot> large;
  if (announced > bounds::kBodyBytesMax) {
    large = Slot::Take(&large_bodies_, bounds::kLargeBodiesMax);
    if (!large.has_value()) co_return Busy();
  }
  if (parser.chunked()) parser.body_limit(limit);
  stream.expires_after(Chrono(options_.body_time));
  if (beast::iequals(head[http::field::expect], "100-continue")) {
    static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await asio::async_write(stream, asio::buffer(kGoOn.data(), kGoOn.size()),
                               asio::redirect_error(asio::use_awaitable, error));
  }
  if (!error && !parser.is_done()) {
    co_await http::async_read(stream, buffer, parser,
                              asio::redirect_error(asio::use_awaitable, error));
  }
  if (!error) co_return std::nullopt;
  std::optional<HttpResponse> fault = FaultOf(error);
  *gone = !fault.has_value();
  co_return fault;
}

asio::awaitable<HttpResponse> HttpServer::Threads::Answer(HttpRequest request) {
  const auto pending = std::make_shared<Pending>(*io_);
  pending->request = std::move(request);
  pending->answered.expires_after(Chrono(bounds::kHandlerTime));
  // What the handler has posted runs on this thread, so not before this waits.
  const bool added = work_->Add([this, pending] {
    pending->response = Handle(pending->request);
    try {
      asio::post(*io_, [pending] { pending->answered.cancel(); });
    } catch (const std::bad_alloc&) {  // the client waits in vain
    }
  });
  if (!added) co_return Busy();
  Error cancelled;
  co_await pending->answered.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  if (!cancelled) co_return Problem(503, "expected an answer within 5 minutes, found none; retry");
  co_return std::move(pending->response);
}

// On the thread of handlers.
HttpResponse HttpServer::Threads::Handle(const HttpRequest& request) const {
  try {
    return handler_(request);
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

// Whether the client took it.
asio::awaitable<bool> HttpServer::Threads::Write(Stream& stream, HttpResponse response,
                                                 bool head_only, bool keep) {
  const size_t size = response.body.size();
  stream.expires_after(Chrono(options_.answer_time) +
                       std::chrono::seconds(static_cast<int64_t>(size) / options_.slowest_reader));
  Error error;
  if (head_only || response.status == 304) {
    http::response<http::empty_body> message;
    SetHead(response, keep, &message);
    if (head_only) message.content_length(size);
    co_await http::async_write(stream, message, asio::redirect_error(asio::use_awaitable, error));
  } else {
    http::response<http::string_body> message;
    SetHead(response, keep, &message);
    message.body() = std::move(response.body);
    message.prepare_payload();
    co_await http::async_write(stream, message, asio::redirect_error(asio::use_awaitable, error));
  }
  co_return !error;
}

// Whoever was refused in the middle of its request still sends the rest, and reads the answer only
// then.
asio::awaitable<void> HttpServer::Threads::Linger(Stream& stream) {
  constexpr size_t kDropped = 4u << 20;
  Error error;
  stream.socket().shutdown(Unix::socket::shutdown_send, error);
  stream.expires_after(std::chrono::seconds(2));
  std::string dropped(16 * 1024, '\0');
  for (size_t sum = 0; !error && sum < kDropped;) {
    const size_t size = co_await stream.async_read_some(
        asio::buffer(dropped), asio::redirect_error(asio::use_awaitable, error));
    sum += size;
  }
}

}  // namespace sluice
