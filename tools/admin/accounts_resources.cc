// Administrators who sign in with a password, and tokens by which programs ask. Whoever holds a
// token makes and changes neither, so that one that was stolen cannot outlive its end.

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "relay/log/calendar_time.h"
#include "tools/admin/entrance.h"
#include "tools/admin/json.h"
#include "tools/admin/json_fields.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

HttpResponse Refusal(const absl::Status& status) {
  const std::string why(status.message());
  if (absl::IsInvalidArgument(status)) return Problem(400, why);
  if (absl::IsNotFound(status)) return Problem(404, why);
  if (absl::IsAlreadyExists(status)) return Problem(409, why);
  return Problem(503, why);
}

std::optional<HttpResponse> FaultOfToken(const Asked& asked) {
  if (asked.caller.token.empty()) return std::nullopt;
  return Problem(403,
                 "expected an administrator who has signed in, or asks at the unix socket, found a "
                 "token; no token makes accounts or tokens");
}

Json AdministratorJson(const AdministratorRow& row) {
  return {{"name", row.name},
          {"role", row.role},
          {"created", CalendarTime(row.created)},
          {"changed", CalendarTime(row.changed)}};
}

Json TokenJson(const TokenRow& row) {
  const bool used = row.last_used != absl::InfinitePast();
  return {{"id", row.id},
          {"name", row.name},
          {"role", row.role},
          {"by", row.by},
          {"created", CalendarTime(row.created)},
          {"expires", CalendarTime(row.expires)},
          {"last_used", used ? Json(CalendarTime(row.last_used)) : Json(nullptr)}};
}

// One of the four; else a fault of the field.
Role ReadRole(JsonFields& fields) {
  const std::optional<Role> role = RoleOf(fields.Text("role").value_or(""));
  if (!role.has_value())
    fields.Fail("role", "\"auditor\", \"viewer\", \"operator\" or \"administrator\"", "another");
  return role.value_or(Role::kStranger);
}

HttpResponse PutAdministrator(Administered& gateway, const Asked& asked, bool is_new) {
  if (auto fault = FaultOfToken(asked); fault.has_value()) return *std::move(fault);
  JsonFields fields(asked.request.body);
  const std::optional<std::string> named = fields.Text("name");
  const std::string name = is_new ? named.value_or("") : std::string(asked.name);
  if (!is_new && named.has_value() && *named != name)
    fields.Fail("name", "the name of the path", "another");
  const Role role = ReadRole(fields);
  const std::optional<std::string> password = fields.Text("password");
  if (absl::Status status = fields.Finish(); !status.ok())
    return Problem(400, std::string(status.message()));
  const absl::Status put =
      gateway.entrance().accounts.Put(name, role, password, is_new, absl::Now());
  if (!put.ok()) return Refusal(put);
  HttpResponse response =
      JsonResponse(Json{{"name", name}, {"role", ToString(role)}}, is_new ? 201 : 200);
  response.note = absl::StrCat(name, " is ", std::string(ToString(role)),
                               password.has_value() ? ", with a new password" : "");
  return response;
}

}  // namespace

HttpResponse AnswerAdministrators(Administered& gateway) {
  const auto rows = gateway.entrance().accounts.List();
  if (!rows.ok()) return Refusal(rows.status());
  Json list = Json::array();
  for (const AdministratorRow& row : *rows) list.push_back(AdministratorJson(row));
  return JsonResponse(Json{{"admins", std::move(list)}});
}

HttpResponse AddAdministrator(Administered& gateway, const Asked& asked) {
  return PutAdministrator(gateway, asked, true);
}

HttpResponse ChangeAdministrator(Administered& gateway, const Asked& asked) {
  return PutAdministrator(gateway, asked, false);
}

HttpResponse DeleteAdministrator(Administered& gateway, const Asked& asked) {
  if (auto fault = FaultOfToken(asked); fault.has_value()) return *std::move(fault);
  const absl::Status status = gateway.entrance().accounts.Delete(asked.name);
  return status.ok() ? JsonResponse(Json{{"deleted", asked.name}}) : Refusal(status);
}

HttpResponse AnswerTokens(Administered& gateway) {
  const auto rows = gateway.entrance().accounts.ListTokens();
  if (!rows.ok()) return Refusal(rows.status());
  Json list = Json::array();
  for (const TokenRow& row : *rows) list.push_back(TokenJson(row));
  return JsonResponse(Json{{"tokens", std::move(list)}});
}

HttpResponse AddToken(Administered& gateway, const Asked& asked) {
  if (auto fault = FaultOfToken(asked); fault.has_value()) return *std::move(fault);
  JsonFields fields(asked.request.body);
  const std::string name = fields.Text("name").value_or("");
  const Role role = ReadRole(fields);
  absl::Time expires = absl::InfinitePast();
  std::string fault;
  if (!absl::ParseTime(absl::RFC3339_full, fields.Text("expires").value_or(""), &expires, &fault))
    fields.Fail("expires", "a time such as 2027-01-31T00:00:00Z", "another text");
  if (absl::Status status = fields.Finish(); !status.ok())
    return Problem(400, std::string(status.message()));
  const absl::StatusOr<Accounts::Made> made =
      gateway.entrance().accounts.MakeToken(name, role, expires, asked.caller.name, absl::Now());
  if (!made.ok()) return Refusal(made.status());
  Json json = TokenJson(made->row);
  json["token"] = made->text;
  HttpResponse response = JsonResponse(json, 201);
  response.note = absl::StrCat("token ", made->row.id, " of ", name, ", ", made->row.role);
  return response;
}

HttpResponse DeleteToken(Administered& gateway, const Asked& asked) {
  if (auto fault = FaultOfToken(asked); fault.has_value()) return *std::move(fault);
  const absl::Status status = gateway.entrance().accounts.DeleteToken(asked.name);
  return status.ok() ? JsonResponse(Json{{"deleted", asked.name}}) : Refusal(status);
}

}  // namespace sluice
