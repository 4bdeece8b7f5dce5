// A handshake, in the order of the wire:
//   1. OnVersion: the first byte says which protocol the client speaks.
//   2. OnGreeting (SOCKS5): the methods it offers; one is chosen.
//   3. OnCredentials (RFC 1929): who it says it is, or that it is nobody. Authenticated or
//      RejectCredentials: the verdict of others.
//   4. OnRequest: what it asks for, checked as far as that needs no policy.
//   5. Succeed or Fail: the answer, when others have found it. Refuse and Close: found here.

#include "proto/handshake.h"

#include <algorithm>
#include <optional>

namespace sluice {
namespace {

// BND.ADDR and BND.PORT of a failure.
constexpr Endpoint kNowhere{Address::FromV4({0, 0, 0, 0}), 0};

constexpr bool IsSpoken(uint8_t method) {
  return method == kMethodNone || method == kMethodGssapi || method == kMethodPassword;
}

}  // namespace

Handshake::Handshake(const Options& options) : socks4_(options.socks4) {
  methods_size_ = static_cast<uint8_t>(std::min(options.methods.size(), methods_.size()));
  std::copy_n(options.methods.begin(), methods_size_, methods_.begin());
}

Handshake::Step Handshake::Feed(absl::Span<const uint8_t> bytes, size_t* consumed) {
  WireReader in(bytes);
  const Step step = Advance(in);
  *consumed = in.consumed();
  return step;
}

Handshake::Step Handshake::Advance(WireReader& in) {
  Step step = Step::kMore;
  while (step == Step::kMore && !in.empty()) {
    if (std::holds_alternative<std::monostate>(message_)) {
      step = OnVersion(in.TakeByte());
    } else if (auto* greeting = std::get_if<Socks5Greeting>(&message_)) {
      const Parsed parsed = greeting->Feed(in);
      step = parsed.outcome == Parsed::Outcome::kDone ? OnGreeting(*greeting) : StepOf(parsed);
    } else if (auto* auth = std::get_if<Socks5Auth>(&message_)) {
      step = OnCredentials(auth->Feed(in));
    } else if (auto* socks5 = std::get_if<Socks5Request>(&message_)) {
      const Parsed parsed = socks5->Feed(in);
      request_ = socks5->request();
      step = StepOf(parsed);
    } else if (auto* socks4 = std::get_if<Socks4Request>(&message_)) {
      const Parsed parsed = socks4->Feed(in);
      request_ = socks4->request();
      if (socks4->is_socks4a()) version_ = Version::kSocks4a;
      step = StepOf(parsed);
    }
  }
  return step;
}

// --- 1. The version

Handshake::Step Handshake::OnVersion(uint8_t version) {
  if (version == kSocks5Version) {
    version_ = Version::kSocks5;
    message_.emplace<Socks5Greeting>();
    return Step::kMore;
  }
  if (version != kSocks4Version) return Close("the first byte is of no SOCKS version");
  version_ = Version::kSocks4;
  if (!socks4_) return Close("SOCKS4 is not served");
  message_.emplace<Socks4Request>();
  return Step::kMore;
}

// --- 2. The greeting

Handshake::Step Handshake::OnGreeting(const Socks5Greeting& greeting) {
  method_ = Choose(greeting);
  WriteSocks5Method(output_, method_);
  if (method_ == kMethodNoneAcceptable) {
    why_ = "no acceptable authentication method";
    return Step::kRefuse;
  }
  if (method_ == kMethodPassword) {
    const bool nobody = greeting.offers(kMethodNone) && Serves(kMethodNone);
    message_.emplace<Socks5Auth>(nobody);
    return Step::kMore;
  }
  message_.emplace<Socks5Request>();
  // Others see to it that nothing is fed before a client of GSSAPI is known.
  return method_ == kMethodGssapi ? Step::kAuthenticate : Step::kMore;
}

// A client that offers a password beside none may have one, and then wants to be that user. Only
// its credentials tell: Java offers both whether it has a password or not.
uint8_t Handshake::Choose(const Socks5Greeting& greeting) const {
  for (size_t i = 0; i < methods_size_; ++i) {
    const uint8_t method = methods_[i];
    if (!IsSpoken(method) || !greeting.offers(method)) continue;
    const bool may_be_user = greeting.offers(kMethodPassword) && Serves(kMethodPassword);
    return method == kMethodNone && may_be_user ? kMethodPassword : method;
  }
  return kMethodNoneAcceptable;
}

bool Handshake::Serves(uint8_t method) const {
  return std::find(methods_.begin(), methods_.begin() + methods_size_, method) !=
         methods_.begin() + methods_size_;
}

// --- 3. The credentials

Handshake::Step Handshake::OnCredentials(const Parsed& parsed) {
  if (parsed.outcome == Parsed::Outcome::kMore) return Step::kMore;
  if (parsed.outcome != Parsed::Outcome::kDone) {
    RefuseCredentials(parsed.why);
    return Step::kRefuse;
  }
  if (!credentials().password.empty()) return Step::kAuthenticate;
  Authenticated();  // as nobody
  method_ = kMethodNone;
  return Step::kMore;
}

Credentials Handshake::credentials() const {
  const auto* auth = std::get_if<Socks5Auth>(&message_);
  return auth != nullptr ? auth->credentials() : Credentials();
}

void Handshake::Authenticated() {
  if (method_ == kMethodPassword) WriteSocks5AuthStatus(output_, /*success=*/true);
  message_.emplace<Socks5Request>();
}

void Handshake::RejectCredentials() { RefuseCredentials("the credentials are not accepted"); }

void Handshake::RefuseCredentials(std::string_view why) {
  why_ = why;
  if (method_ == kMethodPassword) WriteSocks5AuthStatus(output_, /*success=*/false);
  message_.emplace<std::monostate>();
}

void Handshake::DropCredentials() {
  why_ = "the credentials could not be checked";
  message_.emplace<std::monostate>();
}

// --- 4. The request

Handshake::Step Handshake::OnRequest() {
  // Under the rules of the address, not of a name: a resolver would take it for the address too.
  if (const std::optional<Address> address = Address::ParseLenient(request_.name)) {
    request_.name = {};
    request_.address = *address;
  }
  if (request_.command == Command::kConnect && request_.port == 0) {
    return Refuse(Rep::kGeneralFailure, "the port is 0");
  }
  return Step::kDecide;
}

Handshake::Step Handshake::StepOf(const Parsed& parsed) {
  switch (parsed.outcome) {
    case Parsed::Outcome::kMore: return Step::kMore;
    case Parsed::Outcome::kDone: return OnRequest();
    case Parsed::Outcome::kRefuse: return Refuse(parsed.rep, parsed.why);
    case Parsed::Outcome::kClose: return Close(parsed.why);
  }
  return Close("");
}

std::string_view Handshake::user_id() const {
  const auto* socks4 = std::get_if<Socks4Request>(&message_);
  return socks4 != nullptr ? socks4->user_id() : std::string_view();
}

// --- 5. The answer

void Handshake::Succeed(const Endpoint& bound) {
  rep_ = Rep::kSucceeded;
  if (version_ == Version::kSocks5) {
    WriteSocks5Reply(output_, rep_, bound);
  } else {
    WriteSocks4Reply(output_, Socks4Result::kGranted, bound);
  }
}

void Handshake::Fail(Rep rep) {
  rep_ = rep;
  if (version_ == Version::kSocks5) {
    WriteSocks5Reply(output_, rep, kNowhere);
  } else {
    WriteSocks4Reply(output_, Socks4Result::kRejected, kNowhere);
  }
}

void Handshake::FailIdent(bool unreachable) {
  rep_ = Rep::kNotAllowed;
  WriteSocks4Reply(output_,
                   unreachable ? Socks4Result::kIdentUnreachable : Socks4Result::kIdentMismatch,
                   kNowhere);
}

Handshake::Step Handshake::Refuse(Rep rep, std::string_view why) {
  why_ = why;
  Fail(rep);
  return Step::kRefuse;
}

Handshake::Step Handshake::Close(std::string_view why) {
  why_ = why;
  // A method reply that is still to be sent goes out first, as it would have if the client had
  // waited.
  return output().empty() ? Step::kClose : Step::kRefuse;
}

}  // namespace sluice
