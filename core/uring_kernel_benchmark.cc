// What a turn costs. Both ends of every connection are in the one kernel, so the network's own work
// is in it twice.

#include <memory>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "core/uring_kernel.h"
#include "glog/logging.h"

namespace sluice {
namespace {

std::unique_ptr<UringKernel> OpenKernel() {
  auto kernel = UringKernel::Create(UringKernel::Options());
  CHECK(kernel.ok()) << kernel.status();
  return *std::move(kernel);
}

// An operation that remembers its last completion.
struct Asked {
  Asked() { op.Bind<&Asked::OnCompletion>(this); }
  void OnCompletion(Op&, const Completion& completion) {
    done = true;
    last = completion;
  }
  int32_t Wait(Kernel& kernel) {
    while (!done) kernel.Turn(absl::InfiniteFuture());
    done = false;
    return last.result;
  }
  Op op;
  bool done = false;
  Completion last;
};

struct Pair {
  int client;
  int server;
};

struct Loopback {
  explicit Loopback(Kernel& kernel_in) : kernel(kernel_in) {
    listener = kernel.Listen(Endpoint{Address::FromV4({127, 0, 0, 1}), 0}, 1024, {});
    CHECK_GE(listener, 0);
    CHECK_EQ(kernel.LocalEndpoint(listener, &at), 0);
  }
  ~Loopback() { kernel.Close(listener); }
  Pair Connect() {
    const int client = kernel.OpenSocket(at.address, SocketSource());
    kernel.Connect(connect.op, client, at);
    kernel.AcceptOne(accept.op, listener);
    CHECK_EQ(connect.Wait(kernel), 0);
    return {client, accept.Wait(kernel)};
  }
  Kernel& kernel;
  Endpoint at;
  int listener;
  Asked connect;
  Asked accept;
};

void TurnWithNothingToDo(benchmark::State& state) {
  const auto kernel = OpenKernel();
  for (auto _ : state) kernel->Turn(absl::InfinitePast());
}
BENCHMARK(TurnWithNothingToDo);

void WakeAndTurn(benchmark::State& state) {
  const auto kernel = OpenKernel();
  for (auto _ : state) {
    kernel->Wake();
    CHECK(kernel->Turn(absl::InfiniteFuture()));
  }
}
BENCHMARK(WakeAndTurn);

void PollThatIsReady(benchmark::State& state) {
  const auto kernel = OpenKernel();
  Loopback loopback(*kernel);
  const Pair pair = loopback.Connect();
  std::vector<Asked> polls(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    for (Asked& poll : polls) kernel->Poll(poll.op, pair.client, kPollOut);
    for (Asked& poll : polls) poll.Wait(*kernel);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  kernel->Close(pair.client);
  kernel->Close(pair.server);
}
BENCHMARK(PollThatIsReady)->Arg(1)->Arg(64);

// A connection whose server sends back what it receives, and whose client counts.
class Echo {
 public:
  Echo(Kernel& kernel, const Pair& pair, size_t bytes)
      : kernel_(kernel), pair_(pair), text_(bytes, 'x') {
    server_receive_.Bind<&Echo::OnQuestion>(this);
    server_send_.Bind<&Echo::OnSent>(this);
    client_receive_.Bind<&Echo::OnAnswer>(this);
    client_send_.Bind<&Echo::OnSent>(this);
    kernel_.Receive(server_receive_, pair_.server, text_.size(), true);
    kernel_.Receive(client_receive_, pair_.client, text_.size(), true);
  }
  ~Echo() {
    kernel_.Cancel(server_receive_);
    kernel_.Cancel(client_receive_);
    while (server_receive_.in_flight() || client_receive_.in_flight()) {
      kernel_.Turn(absl::InfiniteFuture());
    }
    kernel_.Close(pair_.client);
    kernel_.Close(pair_.server);
  }
  void Ask() { Send(client_send_, pair_.client); }
  int64_t answers() const { return answers_; }

 private:
  void Send(Op& op, int fd) {
    const iovec part{text_.data(), text_.size()};
    kernel_.Send(op, fd, absl::MakeConstSpan(&part, 1));
  }
  void OnSent(Op&, const Completion& completion) { CHECK_GT(completion.result, 0); }
  void OnQuestion(Op&, const Completion& completion) {
    if (completion.result < 0) return;
    kernel_.ReturnBuffer(completion.buffer);
    Send(server_send_, pair_.server);
    kernel_.Receive(server_receive_, pair_.server, text_.size(), true);
  }
  void OnAnswer(Op&, const Completion& completion) {
    if (completion.result < 0) return;
    kernel_.ReturnBuffer(completion.buffer);
    ++answers_;
    kernel_.Receive(client_receive_, pair_.client, text_.size(), true);
  }

  Kernel& kernel_;
  const Pair pair_;
  std::string text_;
  int64_t answers_ = 0;
  Op server_receive_;
  Op server_send_;
  Op client_receive_;
  Op client_send_;
};

// A question and its answer on each of the connections.
void PingPong(benchmark::State& state) {
  const auto kernel = OpenKernel();
  {
    Loopback loopback(*kernel);
    std::vector<std::unique_ptr<Echo>> echoes;
    for (int64_t i = 0; i < state.range(0); ++i) {
      echoes.push_back(std::make_unique<Echo>(*kernel, loopback.Connect(), 64));
    }
    int64_t rounds = 0;
    for (auto _ : state) {
      ++rounds;
      for (auto& echo : echoes) echo->Ask();
      for (auto& echo : echoes) {
        while (echo->answers() < rounds) kernel->Turn(absl::InfiniteFuture());
      }
    }
    state.SetItemsProcessed(rounds * state.range(0));
  }
}
BENCHMARK(PingPong)->Arg(1)->Arg(32)->Arg(128);

void ConnectAcceptClose(benchmark::State& state) {
  const auto kernel = OpenKernel();
  Loopback loopback(*kernel);
  for (auto _ : state) {
    const Pair pair = loopback.Connect();
    kernel->CloseWithReset(pair.client);  // leaves no port in TIME_WAIT
    kernel->Close(pair.server);
  }
}
BENCHMARK(ConnectAcceptClose);

}  // namespace
}  // namespace sluice
