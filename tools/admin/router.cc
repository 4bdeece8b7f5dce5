#include "tools/admin/router.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/admin/bounds.h"
#include "tools/admin/problem.h"

namespace sluice {
namespace {

// What stands for its {…}; nothing where it is another path.
std::optional<std::vector<std::string_view>> Match(std::string_view pattern,
                                                   const HttpTarget& target) {
  const size_t colon = std::min(pattern.find(':'), pattern.size());
  const std::string_view action = pattern.substr(std::min(colon + 1, pattern.size()));
  if (action != target.action) return std::nullopt;
  pattern = pattern.substr(0, colon);
  std::vector<std::string_view> names;
  for (const std::string& part : target.parts) {
    if (pattern.empty()) return std::nullopt;
    pattern.remove_prefix(1);  // the slash
    const std::string_view wanted = pattern.substr(0, std::min(pattern.find('/'), pattern.size()));
    pattern.remove_prefix(wanted.size());
    if (wanted.starts_with('{')) {
      names.emplace_back(part);
    } else if (wanted != part) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() && pattern != "/") return std::nullopt;
  return names;
}

bool Serves(const Route& route, std::string_view method) {
  return route.method == method || (method == "HEAD" && route.method == "GET");
}

std::string AllowOf(const std::vector<const Route*>& routes) {
  std::vector<std::string> verbs;
  for (const Route* route : routes) {
    verbs.emplace_back(route->method);
    if (route->method == "GET") verbs.emplace_back("HEAD");
  }
  return absl::StrJoin(verbs, ", ");
}

// "application/json; charset=utf-8" is application/json.
bool IsType(std::string_view found, std::string_view wanted) {
  const std::string type(found.substr(0, std::min(found.find(';'), found.size())));
  return absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(type), std::string(wanted));
}

// Of whoever is known: 403. By TCP nobody is, before signing in: 401.
HttpResponse Forbidden(const Caller& caller, Role role) {
  const std::string wanted =
      absl::StrCat("expected ", role == Role::kViewer ? "a " : "an ", std::string(ToString(role)),
                   ", found ", caller.name, " (", std::string(ToString(caller.role)), "); ");
  const bool local = caller.door == ToString(DoorKind::kUnix);
  if (!local && caller.role == Role::kStranger) {
    HttpResponse response = Problem(
        401,
        "expected somebody who has signed in, or a token, found neither; the gateway's host makes "
        "a link to sign in by: sluicectl console");
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"sluice\"");
    return response;
  }
  if (!local) return Problem(403, wanted + "ask an administrator for that role");
  const std::string_view group = role == Role::kAdministrator ? "sluice-admin"
                                 : role == Role::kOperator    ? "sluice-operator"
                                                              : "sluice-viewer";
  return Problem(403, absl::StrCat(wanted, "ask as root, or be made a member of the group ",
                                   std::string(group)));
}

std::optional<HttpResponse> FaultOf(const Route& route, const HttpRequest& request,
                                    const HttpTarget& target) {
  for (const auto& [key, value] : target.query) {
    if (std::find(route.keys.begin(), route.keys.end(), key) != route.keys.end()) continue;
    return Problem(400, absl::StrCat("expected ",
                                     route.keys.empty() ? "no key in the query"
                                                        : "no key in the query but " +
                                                              absl::StrJoin(route.keys, ", ",
                                                                            [](std::string* out,
                                                                               std::string_view k) {
                                                                              out->append(k);
                                                                            }),
                                     ", found another one; leave it out"));
  }
  if (route.takes.empty()) {
    if (request.body.empty()) return std::nullopt;
    return Problem(400, "expected no body, found one; leave it out");
  }
  if (IsType(request.content_type, route.takes)) return std::nullopt;
  return Problem(415, absl::StrCat("expected a body with Content-Type: ", std::string(route.takes),
                                   ", found another; send that header"));
}

}  // namespace

HttpResponse Router::Answer(const HttpRequest& request, const Caller& caller) const {
  const absl::StatusOr<HttpTarget> target = ParseHttpTarget(request.target);
  Found found;
  HttpResponse response = AnswerUnseen(request, caller, target, &found);
  if (witness_ != nullptr && request.method != "GET" && request.method != "HEAD")
    witness_({request, caller, found.route, found.names, response});
  return response;
}

HttpResponse Router::AnswerUnseen(const HttpRequest& request, const Caller& caller,
                                  const absl::StatusOr<HttpTarget>& target, Found* found) const {
  if (!target.ok()) return Problem(400, std::string(target.status().message()));
  std::vector<const Route*> here;
  for (const Route& route : routes_) {
    std::optional<std::vector<std::string_view>> names = Match(route.path, *target);
    if (!names.has_value()) continue;
    here.push_back(&route);
    if (!Serves(route, request.method)) continue;
    *found = {&route, *names};
    if (caller.role < route.role) return Forbidden(caller, route.role);
    if (std::optional<HttpResponse> fault = FaultOf(route, request, *target); fault.has_value())
      return *std::move(fault);
    const std::string_view name = names->empty() ? std::string_view() : names->front();
    return route.answer({request, *target, caller, *std::move(names), name});
  }
  // Strangers do not even hear what there is.
  if (caller.role == Role::kStranger) return Forbidden(caller, Role::kViewer);
  if (here.empty()) {
    return Problem(404,
                   "expected the path of a resource, found one that there is not; "
                   "docs/ADMIN.md has them all");
  }
  HttpResponse response = Problem(405, absl::StrCat("expected one of ", AllowOf(here),
                                                    ", found another verb; use one of these"));
  response.headers.emplace_back("Allow", AllowOf(here));
  return response;
}

const Route* Router::Find(std::string_view method, std::string_view target) const {
  const absl::StatusOr<HttpTarget> asked = ParseHttpTarget(target);
  if (!asked.ok()) return nullptr;
  for (const Route& route : routes_) {
    if (route.method == method && Match(route.path, *asked)) return &route;
  }
  return nullptr;
}

size_t Router::BodyLimit(std::string_view method, std::string_view target) const {
  const Route* const route = Find(method, target);
  if (route == nullptr) return admin_bounds::kBodyBytesMax;
  if (route->takes == "text/plain") return admin_bounds::kConfigBodyBytesMax;
  const bool is_entry = !route->takes.empty() && route->lane == Lane::kLong;
  return is_entry ? admin_bounds::kEntryBodyBytesMax : admin_bounds::kBodyBytesMax;
}

Lane Router::LaneOf(std::string_view method, std::string_view target) const {
  const Route* const route = Find(method, target);
  return route == nullptr ? Lane::kQuick : route->lane;
}

}  // namespace sluice
