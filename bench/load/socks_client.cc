#include "bench/load/socks_client.h"

#include <algorithm>
#include <array>

namespace sluice::load {
namespace {

constexpr uint8_t kNoAuthentication = 0, kUserPassword = 2;   // METHOD
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
std::string Request4(const Endpoint& target, std::string_view name, std::string_view user) {
  std::string out;
  AppendByte(out, 4);
  AppendByte(out, static_cast<unsigned>(SocksCommand::kConnect));
  AppendPort(out, target.port);
  if (name.empty()) {
    AppendAddress(out, target.address);
  } else {
    out.append("\0\0\0\1", 4);
  }
  out.append(user);
  AppendByte(out, 0);
  if (!name.empty()) {
    out.append(name);
    AppendByte(out, 0);
  }
  return out;
}

//  ATYP  DST.ADDR  DST.PORT(2)
void AppendTarget(std::string& out, const Endpoint& target, std::string_view name) {
  if (!name.empty()) {
    AppendByte(out, kName);
    AppendByte(out, static_cast<unsigned>(name.size()));
    out.append(name);
  } else {
    AppendByte(out, target.address.is_v4() ? kAddressV4 : kAddressV6);
    AppendAddress(out, target.address);
  }
  AppendPort(out, target.port);
}

//  VER=5  CMD  RSV=0  ATYP  DST.ADDR  DST.PORT(2)      RFC 1928 section 4
std::string Request5(SocksCommand command, const Endpoint& target, std::string_view name) {
  std::string out;
  AppendByte(out, 5);
  AppendByte(out, static_cast<unsigned>(command));
  AppendByte(out, 0);
  AppendTarget(out, target, name);
  return out;
}

//  VER=1  ULEN  UNAME  PLEN  PASSWD                     RFC 1929 section 2
std::string Credentials5(const SocksIdentity& identity) {
  std::string out;
  AppendByte(out, 1);
  AppendByte(out, static_cast<unsigned>(identity.user.size()));
  out.append(identity.user);
  AppendByte(out, static_cast<unsigned>(identity.password.size()));
  out.append(identity.password);
  return out;
}

}  // namespace

SocksRequest::SocksRequest(SocksVersion version, SocksCommand command, const Endpoint& target,
                           std::string_view name, const SocksIdentity& identity)
    : version(version) {
  if (version != SocksVersion::k5) {
    request = Request4(target, version == SocksVersion::k4 ? "" : name, identity.user);
    return;
  }
  // One method only, so that what is measured is what was asked for.
  greeting.assign("\5\1", 2);
  AppendByte(greeting, identity.user.empty() ? kNoAuthentication : kUserPassword);
  if (!identity.user.empty()) credentials = Credentials5(identity);
  const bool names_target = command == SocksCommand::kConnect;
  const Endpoint nobody = {Address::FromV4({0, 0, 0, 0}), 0};
  request = Request5(command, names_target ? target : nobody, names_target ? name : "");
}

std::string_view SocksRequest::Problem(SocksVersion version, SocksCommand command,
                                       const Endpoint& target, std::string_view name,
                                       const SocksIdentity& identity) {
  if (version != SocksVersion::k5 && command == SocksCommand::kUdpAssociate)
    return "SOCKS4 has no UDP ASSOCIATE";
  if (version != SocksVersion::k5 && !identity.password.empty()) return "SOCKS4 has no passwords";
  if (identity.user.empty() && !identity.password.empty()) return "a password needs a user";
  if (identity.user.size() > 255 || identity.password.size() > 255)
    return "a user and a password have at most 255 bytes each";
  if (identity.user.find('\0') != identity.user.npos) return "a user has no zero bytes";
  if (name.size() > 255) return "a name has at most 255 bytes";
  if (name.find('\0') != name.npos) return "a name has no zero bytes";
  if (version == SocksVersion::k4 && !name.empty()) return "SOCKS4 carries no names; SOCKS4a does";
  if (version != SocksVersion::k5 && name.empty() && !target.address.is_v4())
    return "SOCKS4 carries no IPv6 addresses";
  return "";
}

//  RSV=0(2)  FRAG=0  ATYP  DST.ADDR  DST.PORT(2)  DATA
std::string UdpRequestHeader(const Endpoint& target, std::string_view name) {
  std::string out(3, '\0');
  AppendTarget(out, target, name);
  return out;
}

size_t UdpHeaderBytes(std::string_view datagram) {
  if (datagram.size() < 5 || datagram[0] != 0 || datagram[1] != 0 || datagram[2] != 0) return 0;
  size_t bytes = 0;
  switch (static_cast<uint8_t>(datagram[3])) {
    case kAddressV4: bytes = 4 + 4 + 2; break;
    case kAddressV6: bytes = 4 + 16 + 2; break;
    case kName: bytes = 4 + 1 + size_t{static_cast<uint8_t>(datagram[4])} + 2; break;
    default: return 0;
  }
  return datagram.size() < bytes ? 0 : bytes;
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
    if (got_ == WantedBytes()) return OnMessage(consumed);
  }
  return {Next::kReceive, consumed, {}};
}

size_t SocksClient::WantedBytes() const {
  if (awaited_ != Message::kReply) return 2;            // VER METHOD, or VER STATUS
  if (request_->version != SocksVersion::k5) return 8;  // VN CD DSTPORT(2) DSTIP(4)
  if (got_ < 5) return kReplyBytesMax;  // VER REP RSV ATYP, and the first byte of BND.ADDR
  switch (head_[3]) {
    case kAddressV4: return 4 + 4 + 2;
    case kAddressV6: return 4 + 16 + 2;
    case kName: return 4 + 1 + size_t{head_[4]} + 2;
    default: return got_;  // no end is known: what is there is all
  }
}

SocksClient::Answer SocksClient::OnMessage(size_t consumed) {
  switch (awaited_) {
    case Message::kMethod: return OnMethod(consumed);
    case Message::kVerdict: return OnVerdict(consumed);
    case Message::kReply: return OnReply(consumed);
  }
  return Refuse(-1, consumed);
}

SocksClient::Answer SocksClient::OnMethod(size_t consumed) {
  const bool authenticates = !request_->credentials.empty();
  if (head_[0] != 5 || head_[1] != (authenticates ? kUserPassword : kNoAuthentication))
    return Refuse(-1, consumed);
  awaited_ = authenticates ? Message::kVerdict : Message::kReply;
  got_ = 0;
  return {Next::kSend, consumed, authenticates ? request_->credentials : request_->request};
}

SocksClient::Answer SocksClient::OnVerdict(size_t consumed) {
  if (head_[0] != 1 || head_[1] != 0) return Refuse(-1, consumed);
  awaited_ = Message::kReply;
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

std::optional<Endpoint> SocksClient::bound() const {
  if (request_->version != SocksVersion::k5) return std::nullopt;
  const auto port_at = [this](size_t offset) {
    return static_cast<uint16_t>(head_[offset] << 8 | head_[offset + 1]);
  };
  if (head_[3] == kAddressV4) {
    std::array<uint8_t, 4> octets;
    std::copy_n(head_ + 4, octets.size(), octets.begin());
    return Endpoint{Address::FromV4(octets), port_at(4 + 4)};
  }
  if (head_[3] != kAddressV6) return std::nullopt;
  std::array<uint8_t, 16> octets;
  std::copy_n(head_ + 4, octets.size(), octets.begin());
  return Endpoint{Address::FromV6(octets), port_at(4 + 16)};
}

SocksClient::Answer SocksClient::Refuse(int code, size_t consumed) {
  refusal_ = code;
  return {Next::kRefused, consumed, {}};
}

}  // namespace sluice::load
