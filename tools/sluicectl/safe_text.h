#ifndef SLUICE_TOOLS_SLUICECTL_SAFE_TEXT_H_
#define SLUICE_TOOLS_SLUICECTL_SAFE_TEXT_H_

// Text that others chose (names of users and destinations, rules, lists) made fit for a terminal:
// a terminal obeys control bytes, so that a name could paint over the line that accuses it. And how
// many columns text takes. What can be shown follows the process's locale (setlocale in main), so
// that outside UTF-8 everything is ASCII.

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {

// What the terminal would obey, turn round or could not show becomes \x1b, \u202e or, where it is
// no UTF-8, \xff. Blanks and line ends are control bytes too, except those in `kept`.
std::string SafeText(std::string_view text, std::string_view kept = "");

// Several lines of text: line ends and tabs stay.
inline std::string SafeLines(std::string_view text) { return SafeText(text, "\n\t"); }

// Columns that text which has been made safe takes.
size_t ColumnsOf(std::string_view safe);

// At most so many columns of it, with a mark at the end where something is missing.
std::string Shortened(std::string_view safe, size_t columns);

// Whether the locale can show more than ASCII.
bool ShowsUtf8();

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_SAFE_TEXT_H_
