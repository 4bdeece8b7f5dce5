#include "core/kernel_contract.h"

#include <algorithm>
#include <cerrno>

#include "absl/time/time.h"

namespace sluice {
namespace {

// How long something that must come may take, on the kernel's clock.
constexpr absl::Duration kPatience = absl::Seconds(30);

}  // namespace

const Endpoint KernelContract::kLoopback{Address::FromV4({127, 0, 0, 1}), 0};

void KernelContract::Open(const KernelWorld::Options& options) {
  world_ = GetParam().open(options);
}

void KernelContract::TearDown() {
  for (Asked& asked : asked_) kernel().Cancel(asked.op);
  TurnUntil([this] {
    return std::none_of(asked_.begin(), asked_.end(),
                        [](const Asked& asked) { return asked.op.in_flight(); });
  });
  for (Asked& asked : asked_) {
    for (size_t i = asked.looked_at; i < asked.seen.size(); ++i) {
      if (asked.seen[i].buffer >= 0) kernel().ReturnBuffer(asked.seen[i].buffer);
      if (asked.accepts && asked.seen[i].result >= 0) kernel().Close(asked.seen[i].result);
    }
  }
  for (const int fd : open_) kernel().Close(fd);
  for (const SplicePipe& pipe : pipes_) kernel().ClosePipe(pipe);
  EXPECT_EQ(world_->Complaints(), std::vector<std::string>());
}

// --- Asking

KernelContract::Asked& KernelContract::AskAccept(int listener) {
  Asked& asked = NewAsked();
  asked.accepts = true;
  kernel().Accept(asked.op, listener);
  return asked;
}

KernelContract::Asked& KernelContract::AskAcceptOne(int listener) {
  Asked& asked = NewAsked();
  asked.accepts = true;
  kernel().AcceptOne(asked.op, listener);
  return asked;
}

KernelContract::Asked& KernelContract::AskConnect(int fd, const Endpoint& to) {
  Asked& asked = NewAsked();
  kernel().Connect(asked.op, fd, to);
  return asked;
}

KernelContract::Asked& KernelContract::AskReceive(int fd, size_t bytes_max, bool wait_first) {
  Asked& asked = NewAsked();
  kernel().Receive(asked.op, fd, std::min(bytes_max, kernel().buffer_size()), wait_first);
  return asked;
}

KernelContract::Asked& KernelContract::AskReceiveMany(int fd) {
  Asked& asked = NewAsked();
  kernel().ReceiveMany(asked.op, fd);
  return asked;
}

KernelContract::Asked& KernelContract::AskSend(int fd, std::string_view bytes) {
  return AskSend(fd, {iovec{const_cast<char*>(bytes.data()), bytes.size()}});
}

KernelContract::Asked& KernelContract::AskSend(int fd, const std::vector<iovec>& parts) {
  Asked& asked = NewAsked();
  kernel().Send(asked.op, fd, parts);
  return asked;
}

KernelContract::Asked& KernelContract::AskPoll(int fd, uint32_t events) {
  Asked& asked = NewAsked();
  kernel().Poll(asked.op, fd, events);
  return asked;
}

KernelContract::Asked& KernelContract::AskAwaitDatagrams(int fd) {
  Asked& asked = NewAsked();
  kernel().AwaitDatagrams(asked.op, fd);
  return asked;
}

KernelContract::Asked& KernelContract::AskAwaitAddressChange() {
  Asked& asked = NewAsked();
  kernel().AwaitAddressChange(asked.op);
  return asked;
}

// --- Waiting

bool KernelContract::TurnUntil(const std::function<bool()>& done) {
  const absl::Time until = kernel().Now() + kPatience;
  while (!done()) {
    if (kernel().Now() >= until) {
      ADD_FAILURE() << "something that must come did not";
      return false;
    }
    kernel().Turn(until);
  }
  return true;
}

Completion KernelContract::Next(Asked& asked) {
  if (!TurnUntil([&] { return asked.seen.size() > asked.looked_at; })) {
    return Completion{.result = -ETIME};
  }
  return asked.seen[asked.looked_at++];
}

void KernelContract::Settle() {
  // Each round takes as long as several deliveries on any other connection.
  const int listener = Listen();
  for (int round = 0; round < 8; ++round) {
    const int client = OpenSocket();
    Asked& accept = AskAcceptOne(listener);
    Asked& connect = AskConnect(client, LocalEndpoint(listener));
    EXPECT_EQ(Next(connect).result, 0);
    Close(NextAccepted(accept));
    Close(client);
  }
  Close(listener);
  kernel().Turn(absl::InfinitePast());
}

// --- Everyday things

int KernelContract::Listen(const Endpoint& at, int backlog, const ListenTerms& terms) {
  const int fd = kernel().Listen(at, backlog, terms);
  EXPECT_GE(fd, 0) << "cannot listen at " << at.ToString();
  if (fd >= 0) open_.insert(fd);
  return fd;
}

Endpoint KernelContract::LocalEndpoint(int fd) {
  Endpoint endpoint;
  EXPECT_EQ(kernel().LocalEndpoint(fd, &endpoint), 0);
  return endpoint;
}

int KernelContract::NextAccepted(Asked& accept) {
  const Completion completion = Next(accept);
  EXPECT_GE(completion.result, 0);
  if (completion.result >= 0) open_.insert(completion.result);
  return completion.result;
}

int KernelContract::ListenOnce(const Endpoint& at) {
  const int fd = kernel().ListenOnce(at, "");
  EXPECT_GE(fd, 0) << "cannot listen once at " << at.ToString();
  if (fd >= 0) open_.insert(fd);
  return fd;
}

int KernelContract::OpenSocket(const Address& to, const SocketSource& from) {
  const int fd = kernel().OpenSocket(to, from);
  EXPECT_GE(fd, 0);
  if (fd >= 0) open_.insert(fd);
  return fd;
}

KernelContract::Pair KernelContract::Connect() {
  const int listener = Listen();
  const int client = OpenSocket();
  Asked& accept = AskAcceptOne(listener);
  Asked& connect = AskConnect(client, LocalEndpoint(listener));
  EXPECT_EQ(Next(connect).result, 0);
  const int server = NextAccepted(accept);
  Close(listener);
  return Pair{.client = client, .server = server};
}

void KernelContract::SendAll(int fd, std::string_view bytes) {
  EXPECT_EQ(Next(AskSend(fd, bytes)).result, static_cast<int32_t>(bytes.size()));
}

std::string KernelContract::TakeBytes(const Completion& completion) {
  std::string bytes;
  if (completion.result > 0) {
    EXPECT_GE(completion.buffer, 0);
    bytes.assign(reinterpret_cast<const char*>(kernel().BufferBytes(completion.buffer)),
                 static_cast<size_t>(completion.result));
  }
  if (completion.buffer >= 0) kernel().ReturnBuffer(completion.buffer);
  return bytes;
}

std::string KernelContract::ReceiveBytes(int fd, size_t bytes) {
  std::string received;
  while (received.size() < bytes) {
    const Completion completion = Next(AskReceive(fd, bytes - received.size()));
    if (completion.result <= 0) {
      ADD_FAILURE() << "a receive gave " << completion.result << " after " << received.size()
                    << " of " << bytes << " bytes";
      TakeBytes(completion);
      break;
    }
    received += TakeBytes(completion);
  }
  return received;
}

int32_t KernelContract::ReceiveResult(int fd) {
  const Completion completion = Next(AskReceive(fd));
  TakeBytes(completion);
  return completion.result;
}

size_t KernelContract::Fill(int fd) {
  static const std::string bytes(1 << 20, 'x');
  size_t filled = 0;
  while (true) {
    Asked& send = AskSend(fd, bytes);
    Settle();
    kernel().Cancel(send.op);
    const Completion completion = Next(send);
    if (completion.result <= 0) {
      EXPECT_EQ(completion.result, -ECANCELED);
      return filled;
    }
    filled += static_cast<size_t>(completion.result);
  }
}

void KernelContract::ShutdownWrite(int fd) { EXPECT_EQ(kernel().ShutdownWrite(fd), 0); }

void KernelContract::Close(int fd) {
  open_.erase(fd);
  kernel().Close(fd);
}

void KernelContract::CloseWithReset(int fd) {
  open_.erase(fd);
  kernel().CloseWithReset(fd);
}

SplicePipe KernelContract::OpenPipe(int capacity) {
  SplicePipe pipe;
  EXPECT_EQ(kernel().OpenPipe(capacity, &pipe), 0);
  pipes_.push_back(pipe);
  return pipe;
}

// --- Datagrams

int KernelContract::OpenDatagramSocket(const Endpoint& at) {
  const int fd = kernel().OpenDatagramSocket(at, "");
  EXPECT_GE(fd, 0) << "no UDP socket at " << at.ToString();
  if (fd >= 0) open_.insert(fd);
  return fd;
}

void KernelContract::SendDatagram(int fd, const Endpoint& to, std::string bytes) {
  const iovec part{bytes.data(), bytes.size()};
  EXPECT_EQ(kernel().SendDatagrams(fd, to, absl::MakeConstSpan(&part, 1), bytes.size()), 1);
}

std::vector<KernelContract::Received> KernelContract::ReceiveDatagrams(int fd, size_t count) {
  std::vector<Received> received;
  while (received.size() < count) {
    if (Next(AskAwaitDatagrams(fd)).result < 0) break;
    absl::Span<const DatagramRun> runs;
    const int result = kernel().ReceiveDatagrams(fd, &runs);
    EXPECT_EQ(result, static_cast<int>(runs.size()));
    if (result <= 0) break;
    for (const DatagramRun& run : runs) {
      size_t at = 0;
      do {
        const absl::Span<const uint8_t> bytes = run.bytes.subspan(at, run.datagram_bytes);
        received.push_back(
            {run.from, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())});
        at += bytes.size();
      } while (at < run.bytes.size());
    }
  }
  return received;
}

}  // namespace sluice
