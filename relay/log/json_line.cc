#include "relay/log/json_line.h"

#include <algorithm>

#include "nlohmann/json.hpp"

namespace sluice {
namespace {

// Stands in JSON as it is.
bool IsPlain(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

}  // namespace

// Nearly all text is plain. What is not is rare and may be hostile: it goes through the library.
void JsonLine::AppendText(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), IsPlain)) {
    text_.append(1, '"').append(text).append(1, '"');
  } else {
    text_ += nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/true,
                                       nlohmann::json::error_handler_t::replace);
  }
}

}  // namespace sluice
