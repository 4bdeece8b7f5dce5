#ifndef SLUICE_TOOLS_SLUICECTL_VERB_H_
#define SLUICE_TOOLS_SLUICECTL_VERB_H_

// What a verb is, and what it is given to work with. The verbs themselves stand in verbs.cc.

#include <cstddef>
#include <istream>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "tools/sluicectl/door.h"
#include "tools/sluicectl/fields.h"
#include "tools/sluicectl/table.h"

namespace sluice {

struct Verb;

// "--limit=N": the value's name is empty where it takes none.
struct VerbOption {
  const char* name;
  const char* value;
  const char* help;
};

enum class Format { kTable, kWide, kJson, kCsv };

// The command line, taken apart.
struct Arguments {
  const Verb* verb = nullptr;
  std::vector<std::string> words = {};  // besides the verb
  std::vector<std::pair<std::string, std::string>> options = {};
  Format format = Format::kTable;

  bool Has(const char* option) const;
  // The last that was given, or "".
  std::string Get(const char* option) const;
  std::vector<std::string> All(const char* option) const;
};

// Where the program reads and writes.
struct Desk {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  size_t columns = 0;  // of the terminal; 0: no bound

  // Somebody sits there who can be asked.
  bool asks() const { return in_is_terminal && err_is_terminal; }
};

// One call of the program.
struct Errand {
  Arguments arguments;
  Door& door;
  Desk& desk;

  // As the format wants it: the table, or the answer as JSON, or the named fields of `list` as CSV.
  void Show(const Table& table, const Json& answer, const std::vector<const char*>& names,
            const Json& list) const;
  // The same where people get a screen that is no table.
  void ShowScreen(const std::string& screen, const Json& answer,
                  const std::vector<const char*>& names, const Json& list) const;
  // Text as the door gave it, made safe where a terminal shows it.
  void ShowText(const std::string& text) const;
  bool wide() const { return arguments.format == Format::kWide; }
};

struct Verb {
  const char* name;
  const char* words = "";  // "CLIENT DESTINATION PORT"; as they stand in the help
  size_t least = 0;        // words
  size_t most = 0;
  const char* help;          // one line
  std::string details = {};  // what "help VERB" says besides
  std::vector<VerbOption> options = {};
  absl::Status (*run)(Errand&);
  bool text = false;    // gives text, whatever -o says: so it takes none
  bool hidden = false;  // not for people
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_VERB_H_
