#ifndef SLUICE_TOOLS_SLUICECTL_TABLE_H_
#define SLUICE_TOOLS_SLUICECTL_TABLE_H_

// Rows under a head, in columns that stand under each other. Cells are made safe for a terminal.

#include <cstddef>
#include <string>
#include <vector>

namespace sluice {

struct Column {
  enum class Side { kLeft, kRight };

  const char* title;
  Side side = Side::kLeft;
  bool wide = false;    // only where somebody asks for a wide table
  size_t least = 1000;  // what it may be shortened to where the terminal is narrow; 1000: never
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // A cell for each column. An empty one is shown as "-".
  void Add(std::vector<std::string> cells);

  // `width`: columns of the terminal, which lines keep to; 0: no bound. Where shortening does not
  // do, the last columns are left away.
  std::string Text(size_t width, bool wide) const;

  bool empty() const { return rows_.empty(); }

 private:
  std::vector<size_t> Shown(bool wide) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // safe text
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_TABLE_H_
