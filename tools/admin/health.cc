// For whoever watches over processes: is it there, and may it get clients.

#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

HttpResponse Ok() {
  HttpResponse response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "ok\n";
  return response;
}

}  // namespace

HttpResponse AnswerLive() { return Ok(); }

HttpResponse AnswerReady(const Administered& gateway) {
  if (gateway.state() == LifeState::kDraining) {
    return Problem(503,
                   "expected to take new sessions, found the gateway draining; send clients to "
                   "another one");
  }
  if (gateway.listening().empty()) {
    return Problem(503,
                   "expected to listen, found socks.enabled = false; set it in the configuration "
                   "and reload");
  }
  return Ok();
}

}  // namespace sluice
