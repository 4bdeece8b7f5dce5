#include "tools/sluicectl/units.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice {

std::string HumanBytes(uint64_t bytes) {
  static constexpr std::string_view kUnits[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return absl::StrCat(bytes, " B");
  double amount = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  // 999.95 would be written as 1000.0.
  for (; amount >= 999.5 && unit + 1 < std::size(kUnits); ++unit) amount /= 1000;
  return amount < 9.95 ? absl::StrFormat("%.1f %s", amount, kUnits[unit])
                       : absl::StrFormat("%.0f %s", amount, kUnits[unit]);
}

std::string HumanNumber(uint64_t number) {
  std::string digits = absl::StrCat(number);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string HumanTime(uint64_t milliseconds) {
  if (milliseconds < 1000) return absl::StrCat(milliseconds, "ms");
  const uint64_t seconds = milliseconds / 1000;
  struct Unit {
    uint64_t seconds;
    const char* name;
  };
  static constexpr Unit kUnits[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
  for (size_t i = 0; i < 3; ++i) {
    if (seconds < kUnits[i].seconds) continue;
    const uint64_t rest = seconds % kUnits[i].seconds / kUnits[i + 1].seconds;
    const std::string first = absl::StrCat(seconds / kUnits[i].seconds, kUnits[i].name);
    return rest == 0 ? first : absl::StrCat(first, rest, kUnits[i + 1].name);
  }
  return absl::StrCat(seconds, "s");
}

std::string Counted(uint64_t count, const char* one, const char* many) {
  return absl::StrCat(HumanNumber(count), " ", count == 1 ? one : many);
}

}  // namespace sluice
