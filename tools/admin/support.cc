// For whoever needs help, or the machine for something else: a bundle of what is known of the
// gateway without its secrets, and the order to drain.

#include <sys/utsname.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/regular_file.h"
#include "tools/admin/json.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"
#include "tools/admin/tar_gz.h"
#include "tools/admin/without_secrets.h"

namespace sluice {
namespace {

// Small files of the system that say what a process may.
constexpr const char* kSystemFiles[] = {"/proc/self/limits",
                                        "/proc/self/status",
                                        "/proc/meminfo",
                                        "/proc/loadavg",
                                        "/proc/sys/kernel/io_uring_disabled",
                                        "/etc/os-release"};
constexpr size_t kSystemFileBytes = 64 * 1024;

std::string SystemText() {
  std::string text;
  utsname name{};
  if (uname(&name) == 0)
    absl::StrAppend(&text, name.sysname, " ", name.release, " ", name.version, " ", name.machine,
                    "\n");
  for (const char* path : kSystemFiles) {
    absl::StatusOr<std::string> file = ReadRegularFile(path, kSystemFileBytes);
    absl::StrAppend(&text, "\n# ", path, "\n",
                    file.ok() ? *file : absl::StrCat(file.status().message(), "\n"));
  }
  return text;
}

}  // namespace

HttpResponse MakeSupportBundle(Administered& gateway, const Asked& asked) {
  const absl::Time now = absl::Now();
  const std::string name =
      absl::StrCat("sluice-", absl::FormatTime("%Y%m%dT%H%M%SZ", now, absl::UTCTimeZone()));
  TarGz bundle(name, now);
  bundle.Add("version.txt", gateway.facts().version + "\n");
  bundle.Add("status.json", AnswerStatus(gateway).body);
  bundle.Add("metrics.txt", AnswerMetrics(gateway, asked).body);
  bundle.Add("sluice.toml", WithoutSecrets(gateway.config()->text));
  bundle.Add("rules.json", AnswerRules(gateway).body);
  bundle.Add("config_warnings.json", AnswerWarnings(gateway).body);
  bundle.Add("warnings.log", WithoutSecrets(gateway.recent_warnings()));
  bundle.Add("system.txt", SystemText());
  HttpResponse response;
  response.content_type = "application/gzip";
  response.headers.emplace_back("Content-Disposition",
                                absl::StrCat("attachment; filename=\"", name, ".tar.gz\""));
  response.body = std::move(bundle).Finish();
  return response;
}

HttpResponse DrainGateway(Administered& gateway) {
  if (!gateway.AskToDrain()) {
    return Problem(409,
                   "expected a gateway that serves, found one that drains already; SIGTERM ends "
                   "what is left of it at once");
  }
  return JsonResponse(Json{{"state", "draining"}}, 202);
}

}  // namespace sluice
