#include "tools/sluiced/crowd_remark.h"

#include "absl/strings/str_cat.h"
#include "core/limits.h"

namespace sluice {

std::string CrowdRemark::Next(const Counters::Totals& totals, absl::Time now) {
  const uint64_t waited = totals.places_awaited - told_.places_awaited;
  const uint64_t turned_away = totals.sessions_turned_away - told_.sessions_turned_away;
  const uint64_t crowded_out = totals.handshakes_crowded_out - told_.handshakes_crowded_out;
  if (waited + turned_away + crowded_out == 0 || now - told_at_ < limits::kCrowdRemarkInterval)
    return "";
  told_ = totals;
  told_at_ = now;
  std::string text = "many clients:";
  const auto add = [&text](uint64_t count, const char* what) {
    if (count > 0) absl::StrAppend(&text, text.back() == ':' ? " " : ", ", count, what);
  };
  add(waited, " had to wait for a place");
  add(turned_away, " were turned away because their source had as many as it may");
  add(crowded_out, " unfinished handshakes were ended to make room");
  absl::StrAppend(&text,
                  "; the access log has their addresses, [limits] and --sessions_max the bounds");
  return text;
}

}  // namespace sluice
