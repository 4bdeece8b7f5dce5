#ifndef SLUICE_TOOLS_ADMIN_JSON_H_
#define SLUICE_TOOLS_ADMIN_JSON_H_

// JSON as the door speaks it: objects keep the order in which they were filled, bytes that are not
// UTF-8 become U+FFFD, and what comes in is bounded in depth. Any thread.

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "tools/admin/http_message.h"

namespace sluice {

using Json = nlohmann::ordered_json;

// With a newline behind it, for whoever reads it in a terminal.
std::string JsonText(const Json& json);

// The answer 200, or another.
HttpResponse JsonResponse(const Json& json, int status = 200);

// An object. The error is one sentence.
absl::StatusOr<Json> ParseJsonObject(std::string_view text);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_JSON_H_
