// Signing in by a browser, and out again. From the unix socket comes a link with a code for one
// use; the page that it opens exchanges the code for a cookie. Who has an account sends its name
// and password instead.

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "glog/logging.h"
#include "relay/log/calendar_time.h"
#include "tools/admin/callers.h"
#include "tools/admin/entrance.h"
#include "tools/admin/json.h"
#include "tools/admin/json_fields.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

// HttpOnly: no script sees it. Strict: no other page's request has it.
std::string Cookie(DoorKind door, std::string_view value, absl::Duration age) {
  return absl::StrCat(std::string(SignInCookie(door)), "=", std::string(value),
                      "; Path=/; HttpOnly; SameSite=Strict; Max-Age=", absl::ToInt64Seconds(age),
                      door == DoorKind::kTls ? "; Secure" : "");
}

Json SignInJson(const SignIn& sign_in) {
  return Json{{"name", sign_in.name},
              {"role", ToString(sign_in.role)},
              {"csrf", sign_in.csrf},
              {"idle_s", absl::ToInt64Seconds(admin_bounds::kSignInIdle)},
              {"until", CalendarTime(sign_in.until())}};
}

HttpResponse Begin(Entrance& entrance, const Asked& asked, SignIn who) {
  SignIns::Begun begun = entrance.sign_ins.Begin(std::move(who), absl::Now());
  LOG(INFO) << begun.sign_in.name << " has signed in from " << asked.request.arrival.from << " as "
            << ToString(begun.sign_in.role);
  HttpResponse response = JsonResponse(SignInJson(begun.sign_in));
  response.headers.emplace_back(
      "Set-Cookie", Cookie(asked.request.arrival.door, begun.text, admin_bounds::kSignInTime));
  response.note = absl::StrCat("as ", begun.sign_in.name);
  return response;
}

absl::StatusOr<SignIn> WhoSignsIn(Entrance& entrance, const Asked& asked,
                                  const std::optional<std::string>& code,
                                  const std::optional<std::string>& name,
                                  const std::optional<std::string>& password) {
  if (code.has_value() == (name.has_value() && password.has_value())) {
    return absl::InvalidArgumentError(
        "expected a code, or a name and a password, found another body; send {\"code\": …}, or "
        "{\"name\": …, \"password\": …}");
  }
  if (!code.has_value()) {
    return entrance.accounts.Check(*name, *password, asked.request.arrival.from, absl::Now());
  }
  std::optional<SignIn> who = entrance.sign_ins.TakeLink(*code, absl::Now());
  if (who.has_value()) return *std::move(who);
  return absl::UnauthenticatedError(
      "expected the code of a link that was made within 5 minutes and not used, found another; "
      "make a new one: sluicectl console");
}

HttpResponse Refusal(const absl::Status& status) {
  const std::string why(status.message());
  if (absl::IsInvalidArgument(status)) return Problem(400, why);
  if (absl::IsUnauthenticated(status)) return Problem(401, why);
  if (absl::IsResourceExhausted(status)) return Problem(429, why);
  return Problem(503, why);
}

}  // namespace

HttpResponse AnswerMe(Administered& gateway, const Asked& asked) {
  Json json;
  json["name"] = asked.caller.name;
  if (asked.request.arrival.door == DoorKind::kUnix) json["uid"] = asked.caller.uid;
  json["role"] = ToString(asked.caller.role);
  json["door"] = asked.caller.door;
  if (!asked.caller.sign_in.empty()) {
    const std::optional<SignIn> sign_in = gateway.entrance().sign_ins.Find(asked.caller.sign_in);
    if (sign_in.has_value()) json.update(SignInJson(*sign_in));
  }
  return JsonResponse(json);
}

HttpResponse MakeSignInLink(Administered& gateway, const Asked& asked) {
  Entrance& entrance = gateway.entrance();
  if (asked.request.arrival.door != DoorKind::kUnix) {
    return Problem(403,
                   "expected to be asked at the unix socket, found a request by TCP; run sluicectl "
                   "console on the gateway's host");
  }
  const std::string url = entrance.doors.ConsoleUrl();
  if (url.empty()) {
    return Problem(409,
                   "expected a door on TCP for a browser, found none; start sluiced with "
                   "--admin_listen=127.0.0.1:1081, or see its log for why there is none");
  }
  SignIn who;
  who.name = asked.caller.name;
  who.role = asked.caller.role;
  who.reads_all_files = asked.caller.reads_all_files;
  const absl::Time now = absl::Now();
  const std::string code = entrance.sign_ins.MakeLink(who, now);
  LOG(INFO) << asked.caller.name << " asks for a link to sign in as " << ToString(who.role);
  return JsonResponse(Json{{"url", absl::StrCat(url, "#code=", code)},
                           {"expires", CalendarTime(now + admin_bounds::kLinkTime)}});
}

HttpResponse AnswerSignIn(Administered& gateway, const Asked& asked) {
  if (asked.request.arrival.door == DoorKind::kUnix) {
    return Problem(409,
                   "expected a browser by TCP, found a request at the unix socket, where Linux "
                   "says who asks; sign in at the address that sluicectl console prints");
  }
  if (IsOfAnotherPage(asked.request)) {
    return Problem(403,
                   "expected the console's own page, found one of elsewhere; open the console "
                   "itself");
  }
  JsonFields fields(asked.request.body);
  const std::optional<std::string> code = fields.Text("code");
  const std::optional<std::string> name = fields.Text("name");
  const std::optional<std::string> password = fields.Text("password");
  if (absl::Status status = fields.Finish(); !status.ok())
    return Problem(400, std::string(status.message()));
  absl::StatusOr<SignIn> who = WhoSignsIn(gateway.entrance(), asked, code, name, password);
  if (!who.ok()) return Refusal(who.status());
  return Begin(gateway.entrance(), asked, *std::move(who));
}

HttpResponse AnswerSignOut(Administered& gateway, const Asked& asked) {
  const DoorKind door = asked.request.arrival.door;
  if (asked.caller.sign_in.empty()) {
    return Problem(409,
                   "expected a browser that has signed in, found a caller who needs no sign-in; "
                   "nothing is to be done");
  }
  gateway.entrance().sign_ins.End(asked.caller.sign_in);
  HttpResponse response = JsonResponse(Json{{"signed_out", true}});
  response.headers.emplace_back("Set-Cookie", Cookie(door, "", absl::ZeroDuration()));
  return response;
}

}  // namespace sluice
