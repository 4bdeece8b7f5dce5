// The part of Opening that is about UDP ASSOCIATE.

#include "policy/snapshot.h"
#include "relay/opening.h"
#include "relay/session.h"
#include "relay/shard.h"

namespace sluice {

void Opening::Associate() {
  const Snapshot& snapshot = shard_.snapshot();
  if (const std::string_view why =
          session_.TakeSecondPlace(Holding::kAssociations, snapshot.limits().associations);
      !why.empty()) {
    return Refuse(Rep::kGeneralFailure, EndedBy::kLimit, why);
  }
  if (!shard_.udp().Admit()) {
    session_.GiveSecondPlace();
    return Refuse(Rep::kGeneralFailure, EndedBy::kLimit,
                  "there are as many UDP associations as a shard may have");
  }
  UdpAssociation& association = session_.MakeAssociation();
  if (const int error = association.Open(session_.client_fd(), snapshot.service()); error < 0) {
    session_.DropAssociation();
    return Refuse(Rep::kGeneralFailure, EndedBy::kGateway, "no UDP socket could be opened here",
                  -error);
  }
  // DST.ADDR and DST.PORT say where the client will send from, but many clients write something
  // else there: it is a limit only where it can be meant as one.
  const SocksRequest& request = handshake_.request();
  if (request.name.empty() && request.address == session_.client().address)
    association.LimitTo(request.port);
  shard_.counters().requests_allowed.Add(1);
  shard_.counters().udp_associations.Add(1);
  session_.AdvanceTo(SessionState::kReplyDelivery,
                     shard_.loop().now() + snapshot.timeouts().connect);
  session_.NoteReply(Rep::kSucceeded);
  // What the client has sent after its request means nothing.
  up_open_ = true;
  handshake_.Succeed(association.bound());
  Reply();
}

}  // namespace sluice
