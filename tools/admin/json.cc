#include "tools/admin/json.h"

#include "absl/strings/str_cat.h"
#include "tools/admin/bounds.h"

namespace sluice {

std::string JsonText(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + "\n";
}

HttpResponse JsonResponse(const Json& json, int status) {
  HttpResponse response;
  response.status = status;
  response.body = JsonText(json);
  return response;
}

absl::StatusOr<Json> ParseJsonObject(std::string_view text) {
  bool too_deep = false;
  const Json::parser_callback_t bounded = [&too_deep](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > admin_bounds::kJsonDepthMax;
    return !too_deep;
  };
  Json json = Json::parse(text.begin(), text.end(), bounded, /*allow_exceptions=*/false);
  if (too_deep) {
    return absl::InvalidArgumentError(absl::StrCat("expected JSON at most ",
                                                   admin_bounds::kJsonDepthMax,
                                                   " levels deep, found more; flatten the body"));
  }
  if (!json.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected a JSON object as the body, found ",
        json.is_discarded() ? "what is no JSON" : absl::StrCat("a JSON ", json.type_name()),
        "; send {…} with Content-Type: application/json"));
  }
  return json;
}

}  // namespace sluice
