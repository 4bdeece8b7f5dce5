#ifndef SLUICE_TOOLS_ADMIN_CONFIG_ANSWER_H_
#define SLUICE_TOOLS_ADMIN_CONFIG_ANSWER_H_

// What is wrong, or odd, with a configuration, as the door answers it. Values only, any thread.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "policy/warnings.h"
#include "tools/admin/administered.h"
#include "tools/admin/http_message.h"
#include "tools/admin/json.h"

namespace sluice {

// What is wrong, each in its place. A fault without a place stands in "found" as it is.
Json ProblemsJson(const absl::Status& status, const std::string& file);
Json WarningsJson(const std::vector<Warning>& warnings, const std::string& file);
// {ok, problems, warnings, tests: {passed, failed, failures}}
Json CheckJson(const CheckOutcome& outcome, const std::string& file);

// 422, where a configuration cannot come into force.
HttpResponse Unfit(const absl::Status& status, const std::string& file);

// What the configuration is called.
std::string FileOf(const LoadedConfig& config);
Json TimeOrNull(absl::Time time);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_CONFIG_ANSWER_H_
