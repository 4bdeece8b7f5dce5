#include "tools/admin/http_wire.h"

#include <utility>

#include "tools/admin/problem.h"

namespace sluice {
namespace {

std::string Text(beast::string_view view) { return {view.data(), view.size()}; }

}  // namespace

HttpRequest RequestOf(http::request<http::string_body> asked, const Arrival& arrival) {
  HttpRequest request;
  request.method = Text(asked.method_string());
  request.target = Text(asked.target());
  request.accept = Text(asked[http::field::accept]);
  request.accept_encoding = Text(asked[http::field::accept_encoding]);
  request.authorization = Text(asked[http::field::authorization]);
  request.content_type = Text(asked[http::field::content_type]);
  request.cookie = Text(asked[http::field::cookie]);
  request.csrf = Text(asked["Sluice-CSRF"]);
  // Two of them are nobody's, as RFC 9112 has it.
  if (asked.count(http::field::host) == 1) request.host = Text(asked[http::field::host]);
  request.if_match = Text(asked[http::field::if_match]);
  request.if_none_match = Text(asked[http::field::if_none_match]);
  request.last_event_id = Text(asked["Last-Event-ID"]);
  request.origin = Text(asked[http::field::origin]);
  request.sec_fetch_site = Text(asked["Sec-Fetch-Site"]);
  request.body = std::move(asked.body());
  request.arrival = arrival;
  return request;
}

std::optional<HttpResponse> FaultOf(const IoError& error) {
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

}  // namespace sluice
