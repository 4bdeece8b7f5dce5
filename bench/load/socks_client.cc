#include "bench/load/socks_client.h"

#include <algorithm>

namespace sluice::load {
namespace {

constexpr uint8_t kConnect = 1;
constexpr uint8_t kAddressV4 = 1, kName = 3, kAddressV6 = 4;  // ATYP
constexpr uint8_t kGranted4 = 90;

void AppendByte(std::string& out, unsigned byte) { out.push_back(static_cast<char>(byte)); }

void AppendPort(std::string& out, uint16_t port) {
  AppendByte(out, port >> 8);
  AppendByte(out, port & 0xff);
}

void AppendAddress(std::string& out, const Address& address) {
  const auto& bytes = address.bytes();
  out.append(bytes.begin() + (address.is_v4() ? 12 : 0), bytes.end());
}

//  VN=4  CD=1  DSTPORT(2)  DSTIP(4)  USERID  00        SOCKS4
//  VN=4  CD=1  DSTPORT(2)  00 00 00 01  USERID 00  NAME 00   SOCKS4a
std::string Request4(const Endpoint& target, std::string_view name) {
  std::string out;
  AppendByte(out, 4);
  AppendByte(out, kConnect);
  AppendPort(out, target.port);
  if (name.empty()) {
    AppendAddress(out, target.address);
  } else {
    out.append("\0\0\0\1", 4);
  }
  AppendByte(out, 0);
  if (!name.empty()) {
    out.append(name);
    AppendByte(out, 0);
  }
  return out;
}

//  VER=5  CMD=1  RSV=0  ATYP  DST.ADDR  DST.PORT(2)      RFC 1928 section 4
std::string Request5(const Endpoint& target, std::string_view name) {
  std::string out;
  AppendByte(out, 5);
  AppendByte(out, kConnect);
  AppendByte(out, 0);
  if (!name.empty()) {
    AppendByte(out, kName);
    AppendByte(out, static_cast<unsigned>(name.size()));
    out.append(name);
  } else {
    AppendByte(out, target.address.is_v4() ? kAddressV4 : kAddressV6);
    AppendAddress(out, target.address);
  }
  AppendPort(out, target.port);
  return out;
}

}  // namespace

SocksRequest::SocksRequest(SocksVersion version, const Endpoint& target, std::string_view name)
    : version(version) {
  if (version == SocksVersion::k5) {
    greeting.assign("\5\1\0", 3);  // VER, NMETHODS, "no authentication required"
    request = Request5(target, name);
  } else {
    request = Request4(target, version == SocksVersion::k4 ? "" : name);
  }
}

std::string_view SocksRequest::Problem(SocksVersion version, const Endpoint& target,
                                       std::string_view name) {
  if (name.size() > 255) return "a name has at most 255 bytes";
  if (name.find('\0') != name.npos) return "a name has no zero bytes";
  if (version == SocksVersion::k4 && !name.empty()) return "SOCKS4 carries no names; SOCKS4a does";
  if (version != SocksVersion::k5 && name.empty() && !target.address.is_v4())
    return "SOCKS4 carries no IPv6 addresses";
  return "";
}

std::string_view SocksClient::FirstBytes() const {
  return request_->version == SocksVersion::k5 ? request_->greeting : request_->request;
}

SocksClient::Answer SocksClient::OnBytes(std::string_view bytes) {
  size_t consumed = 0;
  while (consumed < bytes.size()) {
    if (got_ < sizeof(head_)) head_[got_] = static_cast<uint8_t>(bytes[consumed]);
    ++got_;
    ++consumed;
    if (got_ == WantedBytes()) return AwaitsMethod() ? OnMethod(consumed) : OnReply(consumed);
  }
  return {Next::kReceive, consumed, {}};
}

size_t SocksClient::WantedBytes() const {
  if (AwaitsMethod()) return 2;                         // VER METHOD
  if (request_->version != SocksVersion::k5) return 8;  // VN CD DSTPORT(2) DSTIP(4)
  if (got_ < 5) return kReplyBytesMax;  // VER REP RSV ATYP, and the first byte of BND.ADDR
  switch (head_[3]) {
    case kAddressV4:
      return 4 + 4 + 2;
    case kAddressV6:
      return 4 + 16 + 2;
    case kName:
      return 4 + 1 + size_t{head_[4]} + 2;
    default:
      return got_;  // no end is known: what is there is all
  }
}

SocksClient::Answer SocksClient::OnMethod(size_t consumed) {
  if (head_[0] != 5 || head_[1] != 0) return Refuse(-1, consumed);
  method_chosen_ = true;
  got_ = 0;
  return {Next::kSend, consumed, request_->request};
}

SocksClient::Answer SocksClient::OnReply(size_t consumed) {
  if (request_->version != SocksVersion::k5) {
    if (head_[0] != 0) return Refuse(-1, consumed);
    if (head_[1] != kGranted4) return Refuse(head_[1], consumed);
    return {Next::kOpen, consumed, {}};
  }
  const bool known = head_[3] == kAddressV4 || head_[3] == kAddressV6 || head_[3] == kName;
  if (head_[0] != 5 || !known) return Refuse(-1, consumed);
  if (head_[1] != 0) return Refuse(head_[1], consumed);
  return {Next::kOpen, consumed, {}};
}

SocksClient::Answer SocksClient::Refuse(int code, size_t consumed) {
  refusal_ = code;
  return {Next::kRefused, consumed, {}};
}

}  // namespace sluice::load
