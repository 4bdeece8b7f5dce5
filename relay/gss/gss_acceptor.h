#ifndef SLUICE_RELAY_GSS_GSS_ACCEPTOR_H_
#define SLUICE_RELAY_GSS_GSS_ACCEPTOR_H_

// GssAcceptor: who accepts clients' tokens for a shard, off its thread, because that reads files
// and may wait. Two implementations: GssWorkers' desk of a shard (threads of its own) and the
// simulator's.
// Thread: the shard's. The conversation belongs to the acceptor while it is asked, so nobody can
// use it from two threads.

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/types/span.h"
#include "relay/gss/gss_conversation.h"

namespace sluice {

class GssAcceptor {
 public:
  class Receiver {
   public:
    virtual void OnAccepted(std::unique_ptr<GssConversation> conversation,
                            const GssAccepted& accepted) = 0;

   protected:
    ~Receiver() = default;
  };

  virtual ~GssAcceptor() = default;
  virtual GssMechanism& mechanism() = 0;
  // `token` is copied. Answers in a later turn of the shard, once, unless the receiver forgets it.
  // False, and the conversation is gone: too many wait already. A receiver waits for one answer at
  // a time.
  virtual bool Accept(std::unique_ptr<GssConversation> conversation,
                      absl::Span<const uint8_t> token, Receiver& receiver) = 0;
  // The receiver wants no answer any more, if it ever wanted one.
  virtual void Forget(Receiver& receiver) = 0;
  // Hands out the answers that have come meanwhile. The shard calls it when its kernel was woken.
  virtual void Deliver() = 0;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_GSS_GSS_ACCEPTOR_H_
