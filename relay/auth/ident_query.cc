// A query's life:
//   1. Start: a connection to the client's host, from the very address that the client is connected
//      to: the host looks its sockets up by it.
//   2. OnStep: connected, the query goes out; sent, the answer is received until its line ends.
//   3. Finish: the connection is closed, and the owner told.

#include "relay/auth/ident_query.h"

#include <cerrno>
#include <utility>

#include "core/limits.h"
#include "glog/logging.h"

namespace sluice {

IdentQuery::IdentQuery(Loop& loop, Owner& owner) : loop_(loop), owner_(owner) {
  op_.Bind<&IdentQuery::OnStep>(this);
  waiter_.Bind<&IdentQuery::Receive>(this);
}

IdentQuery::~IdentQuery() {
  CHECK(quiet()) << "an ident query was destroyed with an operation in flight";
  CloseSocket();
}

// --- 1. The connection

void IdentQuery::Start(const Endpoint& client, const Endpoint& gateway, std::string_view interface,
                       uint16_t ident_port, std::string_view claimed) {
  query_.emplace(client.port, gateway.port);
  answer_.emplace(client.port, gateway.port);
  claimed_ = claimed;
  fd_ = loop_.kernel().OpenSocket(client.address,
                                  SocketSource{.address = gateway.address, .interface = interface});
  if (fd_ < 0) return Finish(Outcome::kNoAnswer, -std::exchange(fd_, -1));
  loop_.kernel().Connect(op_, fd_, Endpoint{client.address, ident_port});
}

// --- 2. Query and answer

void IdentQuery::OnStep(Op&, const Completion& completion) {
  if (stopped_) {
    if (completion.buffer >= 0) loop_.kernel().ReturnBuffer(completion.buffer);
    CloseSocket();
    return owner_.OnIdentQuiet();
  }
  if (awaits_ == Awaits::kAnswer) return OnBytes(completion);
  if (completion.result < 0) return Finish(Outcome::kNoAnswer, -completion.result);
  if (awaits_ == Awaits::kConnection) {
    awaits_ = Awaits::kQuerySent;
    const iovec part{const_cast<char*>(query_->view().data()), query_->view().size()};
    return loop_.kernel().Send(op_, fd_, absl::MakeConstSpan(&part, 1));
  }
  if (completion.result < static_cast<int32_t>(query_->view().size()))
    return Finish(Outcome::kNoAnswer, ECONNRESET);
  awaits_ = Awaits::kAnswer;
  Receive();
}

void IdentQuery::Receive() {
  loop_.kernel().Receive(op_, fd_, limits::kIdentAnswerBytesMax, /*wait_first=*/true);
}

void IdentQuery::OnBytes(const Completion& completion) {
  if (completion.result == -ENOBUFS) return loop_.buffer_waiters().Wait(waiter_);
  waiter_.Served();
  IdentAnswer::Outcome outcome = IdentAnswer::Outcome::kBroken;
  if (completion.result > 0) {
    outcome = answer_->Feed(absl::MakeConstSpan(loop_.kernel().BufferBytes(completion.buffer),
                                                static_cast<size_t>(completion.result)));
  }
  if (completion.buffer >= 0) loop_.kernel().ReturnBuffer(completion.buffer);
  switch (outcome) {
    case IdentAnswer::Outcome::kMore: return Receive();
    case IdentAnswer::Outcome::kUserId:
      return Finish(answer_->Is(claimed_) ? Outcome::kConfirmed : Outcome::kAnotherUser, 0);
    case IdentAnswer::Outcome::kError:
    case IdentAnswer::Outcome::kBroken:
      // A connection that ends before the line does is like UNKNOWN-ERROR (RFC 1413 section 6.2).
      return Finish(Outcome::kNoAnswer, completion.result < 0 ? -completion.result : 0);
  }
}

// --- 3. The end

void IdentQuery::Finish(Outcome outcome, int error) {
  CloseSocket();
  owner_.OnIdentified(outcome, error);
}

void IdentQuery::Stop() {
  if (stopped_) return;
  stopped_ = true;
  waiter_.Unlink();
  op_.in_flight() ? loop_.kernel().Cancel(op_) : CloseSocket();
}

void IdentQuery::CloseSocket() {
  if (fd_ >= 0) loop_.kernel().Close(std::exchange(fd_, -1));
}

}  // namespace sluice
