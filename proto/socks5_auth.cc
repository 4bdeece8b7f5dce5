#include "proto/socks5_auth.h"

#include <algorithm>

#include "core/wipe.h"

namespace sluice {

Socks5Auth::~Socks5Auth() { Wipe(bytes_.data(), held_); }

// Appends until `size` more bytes than before this piece are held; true once they are.
bool Socks5Auth::Take(WireReader& in, uint8_t size) {
  const size_t end = awaits_ == Awaits::kUser ? size : size_t{user_size_} + size;
  const absl::Span<const uint8_t> arrived = in.Take(end - held_);
  std::copy(arrived.begin(), arrived.end(), bytes_.begin() + held_);
  held_ = static_cast<uint16_t>(held_ + arrived.size());
  return held_ == end;
}

Parsed Socks5Auth::Feed(WireReader& in) {
  while (!in.empty()) {
    switch (awaits_) {
      case Awaits::kVersion:
        if (in.TakeByte() != kSocks5AuthVersion) {
          return Parsed::Close("the credentials are not of RFC 1929");
        }
        awaits_ = Awaits::kUserLength;
        break;
      case Awaits::kUserLength:
        user_size_ = in.TakeByte();
        if (user_size_ == 0 && !nobody_) return Parsed::Close("the user name is empty");
        awaits_ = user_size_ == 0 ? Awaits::kPasswordLength : Awaits::kUser;
        break;
      case Awaits::kUser:
        if (Take(in, user_size_)) awaits_ = Awaits::kPasswordLength;
        break;
      case Awaits::kPasswordLength:
        password_size_ = in.TakeByte();
        if (password_size_ == 0) {
          if (!nobody_) return Parsed::Close("the password is empty");
          awaits_ = Awaits::kNothing;
          return Parsed::Done();
        }
        if (user_size_ == 0) return Parsed::Close("the user name is empty");
        awaits_ = Awaits::kPassword;
        break;
      case Awaits::kPassword:
        if (!Take(in, password_size_)) break;
        awaits_ = Awaits::kNothing;
        return Parsed::Done();
      case Awaits::kNothing: return Parsed::Done();
    }
  }
  return Parsed::More();
}

Credentials Socks5Auth::credentials() const {
  if (awaits_ != Awaits::kNothing) return {};
  return {std::string_view(bytes_.data(), user_size_),
          std::string_view(bytes_.data() + user_size_, password_size_)};
}

void WriteSocks5AuthStatus(HandshakeWriter& out, bool success) {
  out.Byte(kSocks5AuthVersion);
  out.Byte(success ? 0x00 : 0x01);
}

}  // namespace sluice
