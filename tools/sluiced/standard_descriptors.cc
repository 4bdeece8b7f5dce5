#include "tools/sluiced/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

namespace sluice {

void FillStandardDescriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest number that is free is taken. Not closed on exec: what is executed, such as a
    // module's program, expects it as well.
    if (open("/dev/null", O_RDWR) != fd) std::_Exit(1);  // there is nowhere to say why
  }
}

}  // namespace sluice
