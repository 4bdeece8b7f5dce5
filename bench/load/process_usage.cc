#include "bench/load/process_usage.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace sluice::load {
namespace {

// Empty where there is no such file, as when a process has just ended.
std::string Read(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The numeric folders in `path`: processes, or threads of one.
std::vector<int> Numbers(const std::string& path) {
  std::vector<int> out;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    int number;
    if (absl::SimpleAtoi(entry.path().filename().string(), &number)) out.push_back(number);
  }
  return out;
}

struct Stat {
  int parent = 0;
  double cpu_seconds = 0;  // in ticks of 10 ms
};

// proc(5): pid (name) state ppid … utime stime cutime cstime …; a name may hold spaces and
// parentheses.
std::optional<Stat> ReadStat(int pid) {
  const std::string text = Read(absl::StrCat("/proc/", pid, "/stat"));
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  const std::vector<absl::string_view> fields =
      absl::StrSplit(absl::string_view(text).substr(name_end + 1), ' ', absl::SkipEmpty());
  if (fields.size() < 15) return std::nullopt;
  Stat stat;
  int64_t ticks = 0;
  for (int field = 11; field <= 14; ++field) {
    int64_t value;
    if (absl::SimpleAtoi(fields[static_cast<size_t>(field)], &value)) ticks += value;
  }
  if (!absl::SimpleAtoi(fields[1], &stat.parent)) return std::nullopt;
  stat.cpu_seconds = static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return stat;
}

// Living threads only, but in nanoseconds. 0 where the kernel does not count so.
double ThreadCpuSeconds(int pid) {
  const std::string tasks = absl::StrCat("/proc/", pid, "/task");
  double seconds = 0;
  for (int thread : Numbers(tasks)) {
    const std::string text = Read(absl::StrCat(tasks, "/", thread, "/schedstat"));
    double nanos;
    if (absl::SimpleAtod(text.substr(0, text.find(' ')), &nanos)) seconds += nanos / 1e9;
  }
  return seconds;
}

std::vector<int> Tree(int pid) {
  std::vector<std::pair<int, int>> parents;
  for (int process : Numbers("/proc")) {
    if (const auto stat = ReadStat(process)) parents.emplace_back(process, stat->parent);
  }
  std::vector<int> tree = {pid};
  for (size_t i = 0; i < tree.size(); ++i) {
    for (const auto& [process, parent] : parents) {
      if (parent == tree[i]) tree.push_back(process);
    }
  }
  return tree;
}

absl::Status NoSuchProcess(int pid) {
  return absl::NotFoundError(
      absl::StrCat("process ", pid, " cannot be measured: it has ended, or it is somebody else's"));
}

}  // namespace

absl::StatusOr<double> TreeCpuSeconds(int pid) {
  if (!ReadStat(pid)) return NoSuchProcess(pid);
  double seconds = 0;
  for (int process : Tree(pid)) {
    // Both are never more than the truth: the larger is nearer.
    if (const auto stat = ReadStat(process))
      seconds += std::max(stat->cpu_seconds, ThreadCpuSeconds(process));
  }
  return seconds;
}

absl::StatusOr<double> GroupCpuSeconds(const std::string& path) {
  const std::string text = Read(path);
  int64_t count;
  // cpuacct.usage is one number, of nanoseconds; cpu.stat begins with "usage_usec N".
  if (absl::SimpleAtoi(text, &count)) return static_cast<double>(count) / 1e9;
  const std::vector<absl::string_view> words = absl::StrSplit(text, absl::ByAnyChar(" \n"));
  if (words.size() >= 2 && words[0] == "usage_usec" && absl::SimpleAtoi(words[1], &count))
    return static_cast<double>(count) / 1e6;
  return absl::NotFoundError(absl::StrCat(path, ": expected a cgroup's cpuacct.usage or cpu.stat"));
}

absl::StatusOr<int64_t> TreePssBytes(int pid) {
  int64_t bytes = 0;
  for (int process : Tree(pid)) {
    const std::string text = Read(absl::StrCat("/proc/", process, "/smaps_rollup"));
    for (absl::string_view line : absl::StrSplit(text, '\n')) {
      const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
      int64_t kilobytes;
      if (words.size() == 3 && words[0] == "Pss:" && absl::SimpleAtoi(words[1], &kilobytes))
        bytes += kilobytes * 1024;
    }
  }
  if (bytes == 0) return NoSuchProcess(pid);
  return bytes;
}

absl::StatusOr<int64_t> NumberInFile(const std::string& path) {
  int64_t number;
  if (!absl::SimpleAtoi(Read(path), &number))
    return absl::NotFoundError(absl::StrCat(path, ": expected a file with one number"));
  return number;
}

absl::StatusOr<int64_t> TcpBytes() {
  const std::string text = Read("/proc/net/sockstat");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    int64_t pages;
    if (words.size() > 2 && words[0] == "TCP:" && words[words.size() - 2] == "mem" &&
        absl::SimpleAtoi(words.back(), &pages))
      return pages * sysconf(_SC_PAGESIZE);
  }
  return absl::NotFoundError("/proc/net/sockstat: expected a line \"TCP: … mem PAGES\"");
}

}  // namespace sluice::load
