#ifndef SLUICE_TOOLS_ADMIN_ROUTER_H_
#define SLUICE_TOOLS_ADMIN_ROUTER_H_

// Router: from a request to the resource that answers it. Refuses what no resource has to look at:
// an unknown path, a wrong verb, a caller who may not, an unknown key, a body of another type.
// Which resources there are is routes.cc. Immutable once made; any thread.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/admin/http_message.h"
#include "tools/admin/http_target.h"

namespace sluice {

// A request that has come through.
struct Asked {
  const HttpRequest& request;
  const HttpTarget& target;
  const Caller& caller;
  // What stands for {…} in the path, in its order; `name` is the first, empty where there is none.
  std::vector<std::string_view> names;
  std::string_view name;
};

struct Route {
  std::string_view method;
  std::string_view path;               // parts of it may be {…}: "/drafts/{id}/rules/{name}:move"
  Role role;                           // the least that may; kStranger: whoever comes
  std::vector<std::string_view> keys;  // that its query may have
  std::string_view takes;              // the type of its body; empty: none
  std::function<HttpResponse(const Asked&)> answer;
  Lane lane = Lane::kQuick;
};

// A request that has been answered, for whoever keeps account of them.
struct Answered {
  const HttpRequest& request;
  const Caller& caller;
  const Route* route;  // null: there is none
  const std::vector<std::string_view>& names;
  const HttpResponse& response;
};

class Router {
 public:
  // Sees what was asked with another method than GET and HEAD, whatever the answer.
  using Witness = std::function<void(const Answered&)>;

  explicit Router(std::vector<Route> routes, Witness witness = nullptr)
      : routes_(std::move(routes)), witness_(std::move(witness)) {}

  HttpResponse Answer(const HttpRequest& request, const Caller& caller) const;
  // How long a body the request may have, before anything else of it is looked at.
  size_t BodyLimit(std::string_view method, std::string_view target) const;

  // Which handlers' thread the request waits for.
  Lane LaneOf(std::string_view method, std::string_view target) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  const Route* Find(std::string_view method, std::string_view target) const;
  struct Found {
    const Route* route = nullptr;
    std::vector<std::string_view> names;
  };
  HttpResponse AnswerUnseen(const HttpRequest& request, const Caller& caller,
                            const absl::StatusOr<HttpTarget>& target, Found* found) const;

  std::vector<Route> routes_;
  Witness witness_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_ROUTER_H_
