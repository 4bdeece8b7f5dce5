#ifndef SLUICE_TOOLS_ADMIN_HTTP_CONVERSATION_H_
#define SLUICE_TOOLS_ADMIN_HTTP_CONVERSATION_H_

// HttpConversation: one connection, on whatever kind of stream, as Run tells it: wait for a
// request, read its head, read its body, let the server answer, write that; again, for as long as
// both want. Everything on the thread "admin".

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tools/admin/event_stream.h"
#include "tools/admin/http_server.h"
#include "tools/admin/http_slots.h"
#include "tools/admin/http_wire.h"

namespace sluice {

// What a conversation asks of its server.
class HttpHost {
 public:
  virtual const HttpServer::Options& options() const = 0;
  virtual asio::io_context& io() = 0;
  virtual size_t BodyLimit(std::string_view method, std::string_view target) const = 0;
  virtual asio::awaitable<HttpResponse> Answer(HttpRequest request) = 0;
  virtual int* large_bodies() = 0;
  // A stream that is being written, so that it can be closed with the server.
  virtual void Note(std::weak_ptr<EventStream> events) = 0;

 protected:
  ~HttpHost() = default;
};

template <class Stream>
class HttpConversation {
 public:
  HttpConversation(HttpHost& host, Stream& stream, const Arrival& arrival)
      : host_(host), options_(host.options()), stream_(stream), arrival_(arrival) {}
  HttpConversation(const HttpConversation&) = delete;
  HttpConversation& operator=(const HttpConversation&) = delete;

  asio::awaitable<void> Run();

 private:
  asio::awaitable<bool> AwaitRequest(bool first);
  asio::awaitable<std::optional<HttpResponse>> ReadRequest(HttpParser& parser, bool* gone);
  asio::awaitable<bool> Write(HttpResponse response, bool head_only, bool keep);
  asio::awaitable<void> Pump(HttpResponse response);
  asio::awaitable<void> Linger();
  PlainStream& lowest() { return beast::get_lowest_layer(stream_); }
  void GiveTime(absl::Duration time) { lowest().expires_after(Chrono(time)); }
  absl::Duration TimeFor(size_t bytes) const {
    return options_.answer_time +
           absl::Seconds(static_cast<int64_t>(bytes) / options_.slowest_reader);
  }

  HttpHost& host_;
  const HttpServer::Options& options_;
  Stream& stream_;
  const Arrival& arrival_;
  beast::flat_buffer buffer_{admin_bounds::kBodyBytesMax};
};

template <class Stream>
asio::awaitable<void> HttpConversation<Stream>::Run() {
  for (bool first = true;; first = false) {
    const bool came = co_await AwaitRequest(first);
    if (!came) co_return;
    HttpParser parser;
    bool gone = false;
    std::optional<HttpResponse> fault = co_await ReadRequest(parser, &gone);
    if (gone) co_return;
    const bool head_only = parser.get().method() == http::verb::head;
    if (fault.has_value()) {
      const bool told = co_await Write(*std::move(fault), head_only, false);
      if (told) co_await Linger();
      co_return;
    }
    const bool keep = parser.keep_alive();
    HttpRequest request = RequestOf(parser.release(), arrival_);
    lowest().expires_never();
    HttpResponse response = co_await host_.Answer(std::move(request));
    if (response.stream != nullptr && !head_only) {
      co_await Pump(std::move(response));
      co_return;
    }
    const bool goes_on = keep && !response.last;
    const bool written = co_await Write(std::move(response), head_only, goes_on);
    if (!written || !goes_on) co_return;
  }
}

// False where none comes any more. The first must come soon, later ones may take their time; from
// its first byte on each has the same.
template <class Stream>
asio::awaitable<bool> HttpConversation<Stream>::AwaitRequest(bool first) {
  constexpr size_t kFirstRead = 4096;
  if (buffer_.size() > 0) co_return true;
  GiveTime(first ? options_.header_time : options_.idle_time);
  IoError error;
  const size_t size = co_await stream_.async_read_some(
      buffer_.prepare(kFirstRead), asio::redirect_error(asio::use_awaitable, error));
  buffer_.commit(size);
  co_return !error;
}

// What is wrong with it, if anything is that can be answered. The connection ends then, because
// nobody knows where the next request begins.
template <class Stream>
asio::awaitable<std::optional<HttpResponse>> HttpConversation<Stream>::ReadRequest(
    HttpParser& parser, bool* gone) {
  IoError error;
  parser.header_limit(admin_bounds::kHeaderBytesMax);
  parser.body_limit(admin_bounds::kConfigBodyBytesMax);
  GiveTime(options_.header_time);
  co_await http::async_read_header(stream_, buffer_, parser,
                                   asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    std::optional<HttpResponse> fault = FaultOf(error);
    *gone = !fault.has_value();
    co_return fault;
  }
  const auto& head = parser.get();
  const beast::string_view method = head.method_string();
  const size_t limit =
      host_.BodyLimit({method.data(), method.size()}, {head.target().data(), head.target().size()});
  const size_t announced = parser.chunked() ? limit : parser.content_length().value_or(0);
  if (announced > limit) co_return FaultOf(make_error_code(http::error::body_limit));
  std::optional<Slot> large;
  if (announced > admin_bounds::kBodyBytesMax) {
    large = Slot::Take(host_.large_bodies(), admin_bounds::kLargeBodiesMax);
    if (!large.has_value()) co_return Busy();
  }
  if (parser.chunked()) parser.body_limit(limit);
  GiveTime(options_.body_time);
  if (beast::iequals(head[http::field::expect], "100-continue")) {
    static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await asio::async_write(stream_, asio::buffer(kGoOn.data(), kGoOn.size()),
                               asio::redirect_error(asio::use_awaitable, error));
  }
  if (!error && !parser.is_done()) {
    co_await http::async_read(stream_, buffer_, parser,
                              asio::redirect_error(asio::use_awaitable, error));
  }
  if (!error) co_return std::nullopt;
  std::optional<HttpResponse> fault = FaultOf(error);
  *gone = !fault.has_value();
  co_return fault;
}

// Whether the client took it.
template <class Stream>
asio::awaitable<bool> HttpConversation<Stream>::Write(HttpResponse response, bool head_only,
                                                      bool keep) {
  const size_t size = response.body.size();
  GiveTime(TimeFor(size));
  IoError error;
  if (head_only || response.status == 304 || response.stream != nullptr) {
    http::response<http::empty_body> message;
    SetHead(response, keep, &message);
    if (head_only) message.content_length(size);
    co_await http::async_write(stream_, message, asio::redirect_error(asio::use_awaitable, error));
  } else {
    http::response<http::string_body> message;
    SetHead(response, keep, &message);
    message.body() = std::move(response.body);
    message.prepare_payload();
    co_await http::async_write(stream_, message, asio::redirect_error(asio::use_awaitable, error));
  }
  co_return !error;
}

// Events, until the reader has left or takes nothing, or nothing comes any more.
template <class Stream>
asio::awaitable<void> HttpConversation<Stream>::Pump(HttpResponse response) {
  const std::shared_ptr<EventStream> events = response.stream;
  // However this ends, also with the server.
  const auto close = [](EventStream* stream) { stream->Close(); };
  const std::unique_ptr<EventStream, decltype(close)> closed(events.get(), close);
  host_.Note(events);
  const auto due = std::make_shared<asio::steady_timer>(host_.io());
  events->WakeBy([&io = host_.io(), due] { asio::post(io, [due] { due->cancel(); }); });

  const bool begun = co_await Write(std::move(response), false, false);
  for (bool taken = begun; taken;) {
    std::string text = events->Take();
    if (text.empty()) {
      if (events->ended()) co_return;
      lowest().expires_never();
      due->expires_after(Chrono(options_.heartbeat));
      IoError woken;
      co_await due->async_wait(asio::redirect_error(asio::use_awaitable, woken));
      if (woken) continue;
      text = ": still here\n\n";
    }
    GiveTime(TimeFor(text.size()));
    IoError error;
    co_await asio::async_write(stream_, asio::buffer(text),
                               asio::redirect_error(asio::use_awaitable, error));
    taken = !error;
  }
}

// Whoever was refused in the middle of its request still sends the rest, and reads the answer only
// then.
template <class Stream>
asio::awaitable<void> HttpConversation<Stream>::Linger() {
  constexpr size_t kDropped = 4u << 20;
  IoError error;
  lowest().socket().shutdown(AnySocket::shutdown_send, error);
  GiveTime(absl::Seconds(2));
  std::string dropped(16 * 1024, '\0');
  for (size_t sum = 0; !error && sum < kDropped;) {
    const size_t size = co_await stream_.async_read_some(
        asio::buffer(dropped), asio::redirect_error(asio::use_awaitable, error));
    sum += size;
  }
}

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_HTTP_CONVERSATION_H_
