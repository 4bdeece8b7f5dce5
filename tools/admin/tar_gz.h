#ifndef SLUICE_TOOLS_ADMIN_TAR_GZ_H_
#define SLUICE_TOOLS_ADMIN_TAR_GZ_H_

// TarGz: some small files as one .tar.gz, in memory. The tar is POSIX ustar; the gzip (RFC 1952)
// stores what it is given, since that needs no library and a bundle is small. Values only.

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace sluice {

class TarGz {
 public:
  // `folder`: what all names begin with; `at`: the time of all files.
  TarGz(std::string folder, absl::Time at) : folder_(std::move(folder)), at_(at) {}

  // `name`: with the folder 99 bytes at most.
  void Add(std::string_view name, std::string_view text);
  std::string Finish() &&;

 private:
  const std::string folder_;
  const absl::Time at_;
  std::string tar_;
};

// Of RFC 1952.
uint32_t Crc32(std::string_view bytes);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_TAR_GZ_H_
