// console: the way into the web console, for whoever the gateway's host knows.

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

absl::Status RunConsole(Errand& errand) {
  const absl::StatusOr<Json> link = AskJson(errand.door, Post("sign-in:link"));
  if (!link.ok()) return link.status();
  // Alone on its line, so that a terminal makes a link of it and a script can take it.
  errand.ShowScreen(absl::StrCat(SafeText(TextOf(*link, "url")), "\n"), *link, {"url", "expires"},
                    Json::array({*link}));
  return absl::OkStatus();
}

}  // namespace sluice
