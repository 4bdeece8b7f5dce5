#include "tools/sluicectl/verb.h"

#include <string_view>

#include "tools/sluicectl/csv.h"
#include "tools/sluicectl/safe_text.h"

namespace sluice {

bool Arguments::Has(const char* option) const { return !All(option).empty(); }

std::string Arguments::Get(const char* option) const {
  const std::vector<std::string> all = All(option);
  return all.empty() ? "" : all.back();
}

std::vector<std::string> Arguments::All(const char* option) const {
  std::vector<std::string> values;
  for (const auto& [name, value] : options) {
    if (name == option) values.push_back(value);
  }
  return values;
}

void Errand::Show(const Table& table, const Json& answer, const std::vector<const char*>& names,
                  const Json& list) const {
  // A wide table is never shortened: a terminal breaks its lines, and nothing is lost.
  const std::string text = arguments.format == Format::kTable  ? table.Text(desk.columns, false)
                           : arguments.format == Format::kWide ? table.Text(0, true)
                                                               : "";
  ShowScreen(text, answer, names, list);
}

void Errand::ShowScreen(const std::string& screen, const Json& answer,
                        const std::vector<const char*>& names, const Json& list) const {
  switch (arguments.format) {
    case Format::kTable:
    case Format::kWide: desk.out << screen; return;
    case Format::kCsv: ShowText(Csv(names, list)); return;
    case Format::kJson: break;
  }
  // JSON has escapes of its own for what a terminal must not see.
  const std::string text = answer.dump(2, ' ', false, Json::error_handler_t::replace);
  const bool safe = !desk.out_is_terminal || SafeLines(text) == text;
  desk.out << (safe ? text : answer.dump(2, ' ', true, Json::error_handler_t::replace)) << "\n";
}

void Errand::ShowText(const std::string& text) const {
  desk.out << (desk.out_is_terminal ? SafeText(text, "\r\n\t") : text);
}

}  // namespace sluice
