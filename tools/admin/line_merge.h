#ifndef SLUICE_TOOLS_ADMIN_LINE_MERGE_H_
#define SLUICE_TOOLS_ADMIN_LINE_MERGE_H_

// LineMerge: two changes of one text, made one. By lines: where both changed the same lines, or
// lines that touch, differently, that is a conflict for people to settle. Values only, any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct MergeConflict {
  size_t line = 0;  // of the base, from 1
  std::string base;
  std::string ours;
  std::string theirs;
};

struct Merged {
  std::string text;  // where there is no conflict
  std::vector<MergeConflict> conflicts;
};

Merged MergeLines(std::string_view base, std::string_view ours, std::string_view theirs);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_LINE_MERGE_H_
