// The server over a real unix socket, with a handler that says what it was asked.

#include "tools/admin/http_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/admin/event_stream.h"
#include "tools/admin/short_folder.h"
#include "tools/admin/unix_door.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A client that knows no HTTP: it sends bytes and takes bytes.
class RawClient {
 public:
  explicit RawClient(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.data(), path.size());
    fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) != 0) std::abort();
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { close(fd_); }

  // What nobody takes any more is not sent.
  void Send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // Up to `mark`, or to the end.
  std::string ReadTo(std::string_view mark) const {
    std::string text;
    char byte = 0;
    while (!absl::StrContains(text, std::string(mark)) && recv(fd_, &byte, 1, 0) == 1)
      text.push_back(byte);
    return text;
  }
  std::string ReadAll() const {
    std::string text;
    char bytes[65536];
    for (ssize_t size; (size = recv(fd_, bytes, sizeof(bytes), 0)) > 0;)
      text.append(bytes, static_cast<size_t>(size));
    return text;
  }
  void AwaitClosed() const {
    pollfd closed{fd_, 0, 0};  // POLLHUP is told without being asked for
    poll(&closed, 1, -1);
  }
  static const RawClient& FirstAnswered(const RawClient& a, const RawClient& b) {
    pollfd both[2] = {{a.fd_, POLLIN, 0}, {b.fd_, POLLIN, 0}};
    poll(both, 2, -1);
    return both[0].revents != 0 ? a : b;
  }

 private:
  int fd_;
};

constexpr size_t kMuch = 64u << 20;

HttpResponse Echo(const HttpRequest& request) {
  if (request.target == "/throw") throw std::runtime_error("a defect");
  if (request.target == "/hungry") throw std::bad_alloc();
  HttpResponse response;
  response.content_type = "text/plain";
  response.body = absl::StrCat(request.method, " ", request.target, " ", request.body.size(), "\n");
  if (request.target == "/last") response.last = true;
  if (request.target == "/much") response.body = std::string(kMuch, 'x');
  return response;
}

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() : path_(folder_ / "s") {}

  void Start(HttpServer::Options options = {},
             std::function<HttpResponse(const HttpRequest&)> answer = Echo) {
    const auto door = OpenUnixDoor(path_);
    ASSERT_TRUE(door.ok()) << door.status();
    HttpServer::Handlers handlers;
    handlers.body_limit = [](std::string_view, std::string_view target) {
      return target == "/large" ? admin_bounds::kConfigBodyBytesMax : admin_bounds::kBodyBytesMax;
    };
    handlers.lane = [](std::string_view, std::string_view target) {
      return target.starts_with("/long") ? Lane::kLong : Lane::kQuick;
    };
    handlers.answer = std::move(answer);
    auto server = HttpServer::Start({{door->listening, DoorKind::kUnix}}, nullptr, options,
                                    std::move(handlers));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::string Ask(std::string_view request) const {
    const RawClient client(path_);
    client.Send(request);
    return client.ReadAll();
  }
  std::string Get(std::string_view target) const {
    return Ask(absl::StrCat("GET ", std::string(target),
                            " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  }
  static std::string Post(std::string_view target, std::string_view more, std::string_view body) {
    return absl::StrCat("POST ", std::string(target), " HTTP/1.1\r\nHost: x\r\n", std::string(more),
                        "\r\n", std::string(body));
  }

  const ShortFolder folder_;
  const std::string path_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, ARequestIsAnswered) {
  Start();
  const std::string answer = Get("/a?b=c");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 13\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nDate: "));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nGET /a?b=c 0\n"));
}

TEST_F(HttpServerTest, AnAnswerMayBeTheLastOfItsConnection) {
  Start();
  const std::string answer = Ask("GET /last HTTP/1.1\r\nHost: x\r\n\r\n");  // until it is closed
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(HttpServerTest, HeadHasTheHeadersAndNoBody) {
  Start();
  const std::string answer = Ask("HEAD /a HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 10\r\n"));
  EXPECT_TRUE(absl::EndsWith(answer, "\r\n\r\n")) << answer;
}

TEST_F(HttpServerTest, RequestsInOneWriteAreAnsweredInTheirOrder) {
  Start();
  std::string all;
  for (int i = 0; i < 50; ++i)
    absl::StrAppend(&all, Post(absl::StrCat("/", i), "Content-Length: 3\r\n", "abc"));
  const RawClient client(path_);
  client.Send(all);
  for (int i = 0; i < 50; ++i) {
    const std::string wanted = absl::StrCat("POST /", i, " 3\n");
    EXPECT_THAT(client.ReadTo(wanted), HasSubstr(wanted));
  }
}

TEST_F(HttpServerTest, ARequestMayComeByteByByteAndInChunks) {
  Start();
  const RawClient client(path_);
  for (const char c : Post("/a", "Transfer-Encoding: chunked\r\nConnection: close\r\n",
                           "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"))
    client.Send({&c, 1});
  EXPECT_THAT(client.ReadAll(), HasSubstr("POST /a 7\n"));
}

TEST_F(HttpServerTest, WhoWaitsToBeAskedForABodyIsAsked) {
  Start();
  const RawClient client(path_);
  client.Send(Post("/a", "Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n", ""));
  EXPECT_THAT(client.ReadTo("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
  client.Send("hi");
  EXPECT_THAT(client.ReadAll(), HasSubstr("POST /a 2\n"));
}

TEST_F(HttpServerTest, AHeadThatIsTooLargeIsRefused) {
  Start();
  for (const size_t size : {size_t{17'000}, size_t{1} << 20}) {
    const std::string answer =
        Ask(absl::StrCat("GET / HTTP/1.1\r\nX: ", std::string(size, 'a'), "\r\n\r\n"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 431 ")) << size;
  }
  EXPECT_THAT(Get("/after"), HasSubstr("GET /after 0\n"));
}

TEST_F(HttpServerTest, ABodyThatIsTooLargeIsRefusedHoweverItIsSent) {
  Start();
  EXPECT_THAT(Ask(Post("/a", "Content-Length: 65537\r\n", "")), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Ask(Post("/a", "Content-Length: 99999999999999\r\n", "")),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Ask(Post("/a", "Transfer-Encoding: chunked\r\n",
                       absl::StrCat("20000\r\n", std::string(0x20000, 'a')))),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Ask(Post("/large", "Connection: close\r\nContent-Length: 1000000\r\n",
                       std::string(1'000'000, 'a'))),
              HasSubstr("POST /large 1000000\n"));
}

TEST_F(HttpServerTest, WhatIsNoRequestIsRefused) {
  Start();
  for (const char* bytes :
       {"\x16\x03\x01\x02\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"})
    EXPECT_THAT(Ask(bytes), StartsWith("HTTP/1.1 400 ")) << bytes;
}

TEST_F(HttpServerTest, LargeBodiesAreFewAtATime) {
  Start();
  std::vector<std::unique_ptr<RawClient>> stalled;
  for (int i = 0; i < admin_bounds::kLargeBodiesMax; ++i) {
    stalled.push_back(std::make_unique<RawClient>(path_));
    stalled.back()->Send(
        Post("/large", "Expect: 100-continue\r\nContent-Length: 16000000\r\n", ""));
    EXPECT_THAT(stalled.back()->ReadTo("\r\n\r\n"), StartsWith("HTTP/1.1 100 "));
  }
  const std::string answer = Ask(Post("/large", "Content-Length: 16000000\r\n", ""));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 1\r\n"));
  EXPECT_THAT(Get("/small"), HasSubstr("GET /small 0\n"));
}

TEST_F(HttpServerTest, WhoStallsIsClosed) {
  Start({.header_time = absl::Milliseconds(50),
         .body_time = absl::Milliseconds(50),
         .idle_time = absl::Milliseconds(50)});
  EXPECT_EQ(Ask(""), "");
  EXPECT_EQ(Ask("GET / HTTP/1.1\r\nHo"), "");
  EXPECT_EQ(Ask(Post("/", "Content-Length: 10\r\n", "abc")), "");
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\n\r\n"), HasSubstr("GET / 0\n"));  // and then idles
}

TEST_F(HttpServerTest, WhoNeverReadsIsClosedAndKeepsNobodyOut) {
  Start({.answer_time = absl::Milliseconds(50), .slowest_reader = int64_t{1} << 40});
  const RawClient silent(path_);
  silent.Send("GET /much HTTP/1.1\r\n\r\n");
  EXPECT_THAT(Get("/a"), HasSubstr("GET /a 0\n"));
  silent.AwaitClosed();
  EXPECT_LT(silent.ReadAll().size(), kMuch);
}

TEST_F(HttpServerTest, ConnectionsBeyondTheMostAreTurnedAwayAndPlacesComeBack) {
  Start();
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < admin_bounds::kConnectionsMax; ++i) {
    idle.push_back(std::make_unique<RawClient>(path_));
    idle.back()->Send("GET /idle HTTP/1.1\r\n\r\n");
    EXPECT_THAT(idle.back()->ReadTo("0\n"), HasSubstr("GET /idle 0\n"));
  }
  for (int i = 0; i < 200; ++i) EXPECT_THAT(Ask(""), StartsWith("HTTP/1.1 503 "));
  idle.front()->Send("GET /close HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(idle.front()->ReadAll(), HasSubstr("GET /close 0\n"));  // to its end: a place is free
  EXPECT_THAT(Get("/next"), HasSubstr("GET /next 0\n"));
}

TEST_F(HttpServerTest, WhatAHandlerThrowsIsAnswered500) {
  Start();
  EXPECT_THAT(Get("/throw"), StartsWith("HTTP/1.1 500 "));
  const std::string hungry = Get("/hungry");
  EXPECT_THAT(hungry, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(hungry, HasSubstr("memory"));
  EXPECT_THAT(Get("/after"), HasSubstr("GET /after 0\n"));
}

// A handler that waits until it is let go.
class Gate {
 public:
  HttpResponse Pass(const HttpRequest& request) {
    return request.target == "/wait" ? PassAny(request) : Echo(request);
  }
  HttpResponse PassAny(const HttpRequest& request) {
    std::unique_lock<std::mutex> lock(lock_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    return Echo(request);
  }
  void AwaitOneInside() {
    std::unique_lock<std::mutex> lock(lock_);
    changed_.wait(lock, [this] { return inside_ > 0; });
  }
  void Open() {
    const std::lock_guard<std::mutex> lock(lock_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
};

TEST_F(HttpServerTest, MoreThanMayWaitAreTurnedAway) {
  Gate gate;
  Start({.waiting_max = 1}, [&](const HttpRequest& request) { return gate.Pass(request); });
  const RawClient inside(path_), one(path_), other(path_);
  inside.Send("GET /wait HTTP/1.1\r\nConnection: close\r\n\r\n");
  gate.AwaitOneInside();
  one.Send("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n");
  other.Send("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n");
  // While the gate is closed, who is answered has been turned away.
  const RawClient& away = RawClient::FirstAnswered(one, other);
  EXPECT_THAT(away.ReadAll(), StartsWith("HTTP/1.1 503 "));
  gate.Open();
  EXPECT_THAT((&away == &one ? other : one).ReadAll(), HasSubstr("GET /a 0\n"));
  EXPECT_THAT(inside.ReadAll(), HasSubstr("GET /wait 0\n"));
}

TEST_F(HttpServerTest, WhatTakesLongHoldsUpNobodyWhoWantsALook) {
  Gate gate;
  Start({}, [&](const HttpRequest& request) {
    return request.target == "/long" ? gate.PassAny(request) : Echo(request);
  });
  const RawClient inside(path_);
  inside.Send("GET /long HTTP/1.1\r\nConnection: close\r\n\r\n");
  gate.AwaitOneInside();
  EXPECT_THAT(Get("/look"), HasSubstr("GET /look 0\n"));
  gate.Open();
  EXPECT_THAT(inside.ReadAll(), HasSubstr("GET /long 0\n"));
}

TEST_F(HttpServerTest, AStreamGoesOnUntilItEnds) {
  const auto events = std::make_shared<EventStream>();
  Start({}, [&](const HttpRequest&) {
    HttpResponse response;
    response.content_type = "text/event-stream";
    response.stream = events;
    return response;
  });
  const RawClient client(path_);
  client.Send("GET /events HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadTo("\r\n\r\n"), HasSubstr("text/event-stream"));
  for (int i = 0; i < 3; ++i) {
    events->Put(absl::StrCat("data: ", i, "\n\n"));
    EXPECT_EQ(client.ReadTo("\n\n"), absl::StrCat("data: ", i, "\n\n"));
  }
  events->Put("data: last\n\n");
  events->End();
  EXPECT_EQ(client.ReadAll(), "data: last\n\n");
}

TEST_F(HttpServerTest, AStreamThatIsSilentBeatsItsHeart) {
  const auto events = std::make_shared<EventStream>();
  Start({.heartbeat = absl::Milliseconds(1)}, [&](const HttpRequest&) {
    HttpResponse response;
    response.stream = events;
    return response;
  });
  const RawClient client(path_);
  client.Send("GET /events HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadTo(": still here\n\n: still here\n\n"), HasSubstr(": still here"));
}

TEST_F(HttpServerTest, WhoNeverReadsAStreamLosesItAndIsClosed) {
  const auto events = std::make_shared<EventStream>();
  Start({.answer_time = absl::Milliseconds(50), .slowest_reader = int64_t{1} << 40},
        [&](const HttpRequest& request) {
          HttpResponse response = Echo(request);
          if (request.target == "/events") response.stream = events;
          return response;
        });
  const RawClient silent(path_);
  silent.Send("GET /events HTTP/1.1\r\n\r\n");
  const std::string event = absl::StrCat("data: ", std::string(100'000, 'x'), "\n\n");
  while (!events->closed()) events->Put(event);
  EXPECT_THAT(Get("/a"), HasSubstr("GET /a 0\n"));
  silent.AwaitClosed();
}

TEST_F(HttpServerTest, AStreamEndsWithTheServer) {
  const auto events = std::make_shared<EventStream>();
  Start({}, [&](const HttpRequest&) {
    HttpResponse response;
    response.stream = events;
    return response;
  });
  const RawClient client(path_);
  client.Send("GET /events HTTP/1.1\r\n\r\n");
  client.ReadTo("\r\n\r\n");
  std::atomic<bool> stop = false;
  std::thread puts([&] {
    while (!stop) events->Put("data: more\n\n");
  });
  server_.reset();
  stop = true;
  puts.join();
  EXPECT_TRUE(events->closed());
  client.ReadAll();
}

TEST_F(HttpServerTest, StoppingWaitsForTheHandlerAndClosesAll) {
  Gate gate;
  Start({}, [&](const HttpRequest& request) { return gate.Pass(request); });
  const RawClient inside(path_), idle(path_);
  inside.Send("GET /wait HTTP/1.1\r\n\r\n");
  gate.AwaitOneInside();
  std::thread stop([&] { server_.reset(); });
  gate.Open();
  stop.join();
  EXPECT_EQ(idle.ReadAll(), "");
  inside.ReadAll();  // ends, with the answer or without
}

}  // namespace
}  // namespace sluice
