#include "tools/sluicectl/config_text.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/safe_text.h"

namespace sluice {

namespace {

constexpr size_t kTextMax = size_t{64} << 20;  // more is no configuration, and is read no further

}  // namespace

absl::StatusOr<std::string> ReadConfigText(const char* verb, const std::string& file,
                                           std::istream& in) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  std::istream& source = file == "-" ? in : opened;
  const auto fault = [&](const char* found) {
    return absl::InvalidArgumentError(
        absl::StrCat(verb, ": expected a file that can be read, found ", SafeText(file), ", ",
                     found, "; - is standard input"));
  };
  if (file != "-" && !opened.is_open()) return fault("which cannot be opened");
  std::string text;
  char piece[65536];
  while (source.read(piece, sizeof(piece)) || source.gcount() > 0) {
    text.append(piece, static_cast<size_t>(source.gcount()));
    if (text.size() > kTextMax) return fault("which is larger than 64 MB");
  }
  if (source.bad()) return fault("which cannot be read: is it a folder?");
  return text;
}

}  // namespace sluice
