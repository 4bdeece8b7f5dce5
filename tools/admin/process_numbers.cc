#include "tools/admin/process_numbers.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace sluice {
namespace {

// Linux 6.2 says it at once; older ones are counted, and then reading the folder takes a
// descriptor.
double OpenDescriptors() {
  struct stat found {};
  if (stat("/proc/self/fd", &found) == 0 && found.st_size > 0)
    return static_cast<double>(found.st_size);
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end;
       at.increment(error))
    ++count;
  return count > 0 ? count - 1 : 0;
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void AddProcessNumbers(absl::Time started, MetricsText* text) {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  text->AddCounter("process_cpu_seconds_total", "CPU time of the process.",
                   Seconds(used.ru_utime) + Seconds(used.ru_stime));
  text->AddGauge("process_start_time_seconds", "When the process started, since 1970.",
                 absl::ToDoubleSeconds(started - absl::UnixEpoch()));
  text->AddGauge("process_open_fds", "Descriptors that are open.", OpenDescriptors());
  rlimit most{};
  getrlimit(RLIMIT_NOFILE, &most);
  text->AddGauge("process_max_fds", "Descriptors that may be open.",
                 static_cast<double>(most.rlim_cur));
  double pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  text->AddGauge("process_virtual_memory_bytes", "Address space of the process.", pages * page);
  text->AddGauge("process_resident_memory_bytes", "Memory of the process.", resident * page);
}

}  // namespace sluice
