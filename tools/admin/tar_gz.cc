#include "tools/admin/tar_gz.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "glog/logging.h"

namespace sluice {
namespace {

constexpr size_t kTarBlock = 512;
constexpr size_t kStoredMax = 65'535;  // bytes of a stored block of RFC 1951

void Put(std::string* header, size_t at, std::string_view field) {
  std::copy(field.begin(), field.end(), header->begin() + static_cast<ptrdiff_t>(at));
}

void AppendNumber(std::string* out, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<char>(number >> (8 * i) & 0xff));
}

}  // namespace

// name 0, mode 100, uid 108, gid 116, size 124, mtime 136, checksum 148, type 156, magic 257.
void TarGz::Add(std::string_view name, std::string_view text) {
  const std::string path = absl::StrCat(folder_, "/", std::string(name));
  CHECK_LT(path.size(), 100u);
  std::string header(kTarBlock, '\0');
  Put(&header, 0, path);
  Put(&header, 100, "0000600");
  Put(&header, 108, "0000000");
  Put(&header, 116, "0000000");
  Put(&header, 124, absl::StrFormat("%011o", text.size()));
  Put(&header, 136, absl::StrFormat("%011o", absl::ToUnixSeconds(at_)));
  Put(&header, 148, "        ");
  Put(&header, 156, "0");
  Put(&header, 257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  Put(&header, 148, absl::StrFormat("%06o", sum));
  header[154] = '\0';
  tar_.append(header).append(text);
  tar_.append((kTarBlock - text.size() % kTarBlock) % kTarBlock, '\0');
}

std::string TarGz::Finish() && {
  tar_.append(2 * kTarBlock, '\0');
  std::string gzip("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10);
  for (size_t at = 0; at < tar_.size(); at += kStoredMax) {
    const std::string_view block = std::string_view(tar_).substr(at, kStoredMax);
    gzip.push_back(at + block.size() == tar_.size() ? 1 : 0);
    AppendNumber(&gzip, block.size(), 2);
    AppendNumber(&gzip, ~block.size(), 2);
    gzip.append(block);
  }
  AppendNumber(&gzip, Crc32(tar_), 4);
  AppendNumber(&gzip, tar_.size(), 4);
  return gzip;
}

uint32_t Crc32(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
  }
  return ~crc;
}

}  // namespace sluice
