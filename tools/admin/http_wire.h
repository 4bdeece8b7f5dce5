#ifndef SLUICE_TOOLS_ADMIN_HTTP_WIRE_H_
#define SLUICE_TOOLS_ADMIN_HTTP_WIRE_H_

// Between the library that speaks HTTP and the door's own messages. Only http_server.cc and what
// stands right beside it include this.

// clang-format off
#include <utility>  // Boost 1.74 forgets it
// clang-format on

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tools/admin/http_message.h"

#if !defined(BOOST_ASIO_HAS_CO_AWAIT)
#error "expected a Boost.Asio with co_await (1.74 or newer, C++20)"
#endif

namespace sluice {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using AnySocket = asio::generic::stream_protocol::socket;
using PlainStream = beast::basic_stream<asio::generic::stream_protocol>;
using HttpParser = http::request_parser<http::string_body>;
using IoError = boost::system::error_code;

inline std::chrono::nanoseconds Chrono(absl::Duration time) {
  return absl::ToChronoNanoseconds(time);
}

HttpRequest RequestOf(http::request<http::string_body> asked, const Arrival& arrival);

// What is wrong with a request whose head or body could not be read, or nothing: then there is
// nobody to tell.
std::optional<HttpResponse> FaultOf(const IoError& error);

HttpResponse Busy();

// The fields that every answer has. Nothing of ours is shown inside another's page, runs what is
// not ours, or tells other places where its reader came from.
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
  to->set("Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
          "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
          "frame-ancestors 'none'");
  to->set("Cross-Origin-Opener-Policy", "same-origin");
  to->set("Cross-Origin-Resource-Policy", "same-origin");
  to->set("Referrer-Policy", "no-referrer");
  for (const auto& [name, value] : from.headers) to->set(name, value);
  to->keep_alive(keep);
}

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_HTTP_WIRE_H_
