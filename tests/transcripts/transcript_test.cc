#include "tests/transcripts/transcript.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Kind = TranscriptStep::Kind;

constexpr const char* kHead = "title: It works.\ncovers: 1\n";

Transcript Must(const std::string& text) {
  absl::StatusOr<Transcript> transcript = ParseTranscript("file", text);
  EXPECT_TRUE(transcript.ok()) << transcript.status();
  return transcript.ok() ? *std::move(transcript) : Transcript();
}

Stage EchoAt(const char* addr4, const char* addr6, uint16_t port) {
  return {{"echo", {*Address::Parse(addr4), *Address::Parse(addr6), port}}};
}

// The server's words of a transcript that has only `server: BYTES`.
WirePattern Expanded(const std::string& bytes) {
  const Transcript transcript =
      Must(std::string(kHead) + "target: echo echoes\nserver: " + bytes + "\nends: open\n");
  return ServerStreamOn(transcript, EchoAt("192.0.2.1", "2001:db8::1", 0x1234));
}

TEST(TranscriptTest, AWholeTranscriptIsRead) {
  const Transcript transcript = Must(
      "# A comment.\n"
      "title: It works.\n"
      "covers: 3, 38\n"
      "row: a row, with a comma\n"
      "players: gateway\n"
      "socks4: on\n"
      "policy:\n"
      "| [timeouts]\n"
      "|\n"
      "| idle = \"1s\"  # not our comment\n"
      "target: echo echoes\n"
      "target: day greets-and-closes \"now\"\n"
      "target: rude resets-after 4\n"
      "name: both.test {echo.addr6} 192.0.2.9\n"
      "\n"
      "client: 05 \"#\"  # a comment\n"
      "server: 05 ..\n"
      "server: fin\n"
      "client: fin\n"
      "received: echo \"x\" fin\n"
      "untouched: day\n");
  EXPECT_EQ(transcript.file, "file");
  EXPECT_EQ(transcript.title, "It works.");
  EXPECT_EQ(transcript.covers, (std::vector<int>{3, 38}));
  EXPECT_EQ(transcript.rows, std::vector<std::string>{"a row, with a comma"});
  EXPECT_FALSE(transcript.on_handshake);
  EXPECT_TRUE(transcript.socks4);
  EXPECT_EQ(transcript.policy, "[timeouts]\n\nidle = \"1s\"  # not our comment\n");
  ASSERT_EQ(transcript.targets.size(), 3u);
  EXPECT_EQ(transcript.FindTarget("day")->behaviour, TargetBehaviour::kGreetsAndCloses);
  EXPECT_EQ(transcript.FindTarget("day")->says.Expand({}).bytes, "now");
  EXPECT_EQ(transcript.FindTarget("rude")->bytes, 4u);
  EXPECT_EQ(transcript.FindTarget("nobody"), nullptr);
  ASSERT_EQ(transcript.steps.size(), 4u);
  EXPECT_EQ(transcript.steps[0].kind, Kind::kClientSends);
  EXPECT_EQ(transcript.steps[0].bytes.Expand({}).bytes, "\x05#");
  EXPECT_EQ(transcript.steps[0].line, 16);
  EXPECT_EQ(transcript.steps[1].kind, Kind::kServerSends);
  EXPECT_EQ(transcript.steps[2].kind, Kind::kServerFin);
  EXPECT_EQ(transcript.steps[3].kind, Kind::kClientFin);
  ASSERT_EQ(transcript.aftermath.size(), 2u);
  EXPECT_EQ(transcript.aftermath[0].received.Expand({}).bytes, "x");
  EXPECT_EQ(transcript.aftermath[0].end, TranscriptAftermath::End::kFin);
  EXPECT_TRUE(transcript.aftermath[1].untouched);
}

TEST(TranscriptTest, UsersAreBytesAndMethodsHaveAnOrder) {
  const Transcript transcript = Must(std::string(kHead) +
                                     "methods: password none\n"
                                     "user: \"alice\" / \"se # cret\"\n"
                                     "user: 00 ff / 70*255  # two bytes\n"
                                     "ends: open\n");
  EXPECT_EQ(transcript.methods, (std::vector<uint8_t>{kMethodPassword, kMethodNone}));
  ASSERT_EQ(transcript.users.size(), 2u);
  EXPECT_EQ(transcript.users[0].name, "alice");
  EXPECT_EQ(transcript.users[0].password, "se # cret");
  EXPECT_EQ(transcript.users[1].name, std::string("\x00\xff", 2));
  EXPECT_EQ(transcript.users[1].password, std::string(255, 'p'));
  EXPECT_EQ(Must(std::string(kHead) + "ends: open\n").methods, std::vector<uint8_t>{kMethodNone});
}

TEST(TranscriptTest, BytesAreWhatTheyAreWrittenAs) {
  const struct {
    const char* written;
    std::string bytes;
  } table[] = {
      {"00 0a ff", std::string("\x00\x0a\xff", 3)},
      {"\"a\\r\\n\\t\\\\\\\"\\x00b\"", std::string("a\r\n\t\\\"\0b", 8)},
      {"@\"echo.test\"",
       "\x09"
       "echo.test"},
      {"@\"\"", std::string(1, '\0')},
      {"{echo.addr4}", std::string("\xc0\x00\x02\x01", 4)},
      {"{echo.port}", "\x12\x34"},
      {"\"{echo.addr4}:{echo.port}\"", "192.0.2.1:4660"},
      {"@\"{echo.addr6}\"",
       "\x0b"
       "2001:db8::1"},
      {"\"{no placeholder} {}\"", "{no placeholder} {}"},
      {"61*3 \"bc\"*2 64*0", "aaabcbc"},
  };
  for (const auto& row : table) EXPECT_EQ(Expanded(row.written).bytes, row.bytes) << row.written;
  EXPECT_EQ(Expanded("{echo.addr6}").size(), 16u);
  EXPECT_EQ(Expanded("\"0123456789abcdef\"*65536").size(), 1u << 20);
}

TEST(TranscriptTest, WildcardsMatchAnyByteAndNoOther) {
  const WirePattern pattern = Expanded("05 ..*2 \"x\"");
  EXPECT_TRUE(pattern.Matches("\x05zzx"));
  EXPECT_TRUE(pattern.Matches(std::string("\x05\0\xffx", 4)));
  EXPECT_FALSE(pattern.Matches("\x05zzy"));
  EXPECT_FALSE(pattern.Matches("\x05zz"));
  EXPECT_FALSE(pattern.Matches("\x05zzxx"));
  EXPECT_TRUE(pattern.MatchesSoFar(""));
  EXPECT_TRUE(pattern.MatchesSoFar("\x05z"));
  EXPECT_FALSE(pattern.MatchesSoFar("\x04z"));
  EXPECT_FALSE(pattern.MatchesSoFar("\x05zzxx"));
  EXPECT_EQ(pattern.ToString(), "05 .. .. 78");
}

TEST(TranscriptTest, TheServersWordsAreOneStream) {
  const Transcript transcript =
      Must(std::string(kHead) + "server: 05 00\nclient: 01\nserver: ..*2\nserver: fin\n");
  const WirePattern stream = ServerStreamOn(transcript, {});
  EXPECT_EQ(stream.ToString(), "05 00 .. ..");
}

TEST(TranscriptTest, NamesLeadToTheirTargetsAddresses) {
  const Transcript transcript =
      Must(std::string(kHead) +
           "target: echo echoes\nname: both.test {echo.addr6} 192.0.2.9\nends: open\n");
  const auto names = NamesOn(transcript, EchoAt("192.0.2.1", "2001:db8::1", 80));
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[0].first, "echo.test");
  EXPECT_EQ(names[0].second, std::vector<Address>{*Address::Parse("192.0.2.1")});
  EXPECT_EQ(names[1].first, "both.test");
  EXPECT_EQ(names[1].second,
            (std::vector<Address>{*Address::Parse("2001:db8::1"), *Address::Parse("192.0.2.9")}));
}

TEST(TranscriptTest, TheConfigurationAllowsEverythingUnlessRulesAreGiven) {
  const Stage stage = EchoAt("192.0.2.1", "2001:db8::1", 80);
  const std::vector<Address> listen = {*Address::Parse("127.0.0.1"), *Address::Parse("::1")};
  const Transcript open = Must(std::string(kHead) + "socks4: on\nends: open\n");
  EXPECT_EQ(ConfigOn(open, stage, listen, 0),
            "[socks]\nlisten = [\"127.0.0.1\", \"::1\"]\nport = 0\nsocks4 = true\n\n"
            "[[rule]]\nname = \"everything\"\ndestination = [\"any\", \"special-use\"]\n"
            "verdict = \"allow\"\n");
  const Transcript ruled = Must(std::string(kHead) +
                                "target: echo echoes\npolicy:\n| [[rule]]\n| destination = "
                                "[\"{echo.addr4}\"]\nends: open\n");
  EXPECT_EQ(ConfigOn(ruled, stage, listen, 1080),
            "[socks]\nlisten = [\"127.0.0.1\", \"::1\"]\nport = 1080\nsocks4 = false\n\n"
            "[[rule]]\ndestination = [\"192.0.2.1\"]\n");
}

TEST(TranscriptTest, AnErrorNamesItsLineAndWhatIsWrong) {
  const struct {
    const char* text;  // after the head, which has two lines
    const char* message;
  } table[] = {
      {"nonsense\nends: open\n", "file:3: expected `key: value`"},
      {"colour: red\nends: open\n", "file:3: there is no key 'colour'"},
      {"| stray\nends: open\n", "file:3: a line of policy stands under `policy:`"},
      {"covers: three\n", "file:3: expected numbers of requirements, found 'three'"},
      {"players: all\n", "file:3: expected 'gateway', found 'all'"},
      {"methods: none digest\n", "file:3: there is no method 'digest'"},
      {"methods:\n", "file:3: expected methods, the preferred one first"},
      {"user: \"alice\"\n", "file:3: expected NAME / PASSWORD, both as bytes"},
      {"target: echo shouts\n", "file:3: no target behaves like 'shouts'"},
      {"target: echo echoes loudly\n", "file:3: did not expect 'loudly'"},
      {"target: day greets\n", "file:3: expected what it says"},
      {"target: rude resets-after 0\n", "file:3: expected a number of bytes above 0"},
      {"target: a echoes\ntarget: a sinks\n",
       "file:4: a target has one line, and a name of its own"},
      {"name: a.test\n", "file:3: a name has addresses"},
      {"name: a.test {echo.addr4}\n", "file:3: there is no target 'echo'"},
      {"name: a.test here\n", "file:3: expected an address, found 'here'"},
      {"client: 5\n", "file:3: expected bytes, found '5'"},
      {"client: 0G\n", "file:3: expected bytes, found '0G'"},
      {"client: 0500\n", "file:3: expected a space between two tokens"},
      {"client: ..\n", "file:3: only the server's bytes may be wildcards"},
      {"client: \"open\n", "file:3: a quote is not closed"},
      {"client: \"\\q\"\n", "file:3: an escape is one of \\r \\n \\t \\\\ \\\" and \\xNN"},
      {"client: 00*x\n", "file:3: expected a number up to 1048576 after '*'"},
      {"client: {echo.port}\n", "file:3: there is no target 'echo'"},
      {"client: \"{echo.port}\"\n", "file:3: there is no target 'echo'"},
      {"target: echo echoes\nclient: {echo.addr}\n",
       "file:4: a target has addr4, addr6 and port, not 'addr'"},
      {"target: client echoes\n", "file:3: a target has one line, and a name of its own"},
      {"peer: echo connects\n", "file:3: there is no target 'echo'"},
      {"target: echo echoes\npeer: echo leaves\n", "file:4: expected `connects` or `is-refused`"},
      {"target: echo echoes\npeer: echo connects\nends: open\n",
       "file:5: peers and ident servers need `players: gateway`"},
      {"target: who answers-ident \"x\"\nends: open\n",
       "file:4: peers and ident servers need `players: gateway`"},
      {"client:\n", "file:3: expected bytes, `fin` or `reset`"},
      {"server: fin\nserver: 00\n", "file:4: the server has ended its side already"},
      {"client: fin\nclient: 00\n", "file:4: the client has ended its side already"},
      {"ends: open\nclient: 00\n", "file:4: the transcript is over already"},
      {"client: reset\nserver: fin\n", "file:4: the transcript is over already"},
      {"ends: closed\n", "file:3: expected 'open', found 'closed'"},
      {"ends: open\nuntouched: echo\n", "file:4: there is no target 'echo'"},
      {"client: 00\n",
       "file:3: expected how it ends: `server: fin`, `server: reset`, `client: reset`, `ends: "
       "open`"},
      {"policy:\n| a = \"{echo.addr4}\"\nends: open\n", "file:5: there is no target 'echo'"},
  };
  for (const auto& row : table) {
    const absl::StatusOr<Transcript> transcript =
        ParseTranscript("file", std::string(kHead) + row.text);
    ASSERT_FALSE(transcript.ok()) << row.text;
    EXPECT_EQ(std::string(transcript.status().message()), row.message) << row.text;
  }
}

TEST(TranscriptTest, APeerStandsBetweenTheSteps) {
  const Transcript transcript = Must(
      "title: It works.\ncovers: 1\nplayers: gateway\n"
      "target: ftp answers-ident \"{client.port} , {service.port}\"\n"
      "client: fin\npeer: ftp connects\npeer: ftp is-refused\nends: open\n");
  ASSERT_EQ(transcript.steps.size(), 4u);
  EXPECT_EQ(transcript.steps[1].kind, Kind::kPeerConnects);
  EXPECT_EQ(transcript.steps[1].peer, "ftp");
  EXPECT_EQ(transcript.steps[2].kind, Kind::kPeerRefused);
  const Stage stage = {{kClientOnStage, {{}, {}, 6193}}, {kServiceOnStage, {{}, {}, 23}}};
  EXPECT_EQ(transcript.targets[0].says.Expand(stage).bytes, "6193 , 23");
}

TEST(TranscriptTest, OnlyASuccessReplySaysWhereToConnectTo) {
  const auto bound = [](const std::string& reply) {
    const std::optional<Endpoint> endpoint = ListeningAt(reply);
    return endpoint.has_value() ? endpoint->ToString() : "nowhere";
  };
  EXPECT_EQ(bound({0, 0x5a, 0x12, 0x34, 10, 0, 0, 1}), "10.0.0.1:4660");
  EXPECT_EQ(bound({0, 0x5b, 0x12, 0x34, 10, 0, 0, 1}), "nowhere");
  EXPECT_EQ(bound({5, 0, 0, 1, 10, 0, 0, 1, 0x12, 0x34}), "10.0.0.1:4660");
  EXPECT_EQ(bound({5, 6, 0, 1, 10, 0, 0, 1, 0x12, 0x34}), "nowhere");
  EXPECT_EQ(bound({5, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x12, 0x34}),
            "[::1]:4660");
  EXPECT_EQ(bound({5, 0}), "nowhere");
  EXPECT_EQ(bound("220 hello"), "nowhere");
}

TEST(TranscriptTest, ATitleAndWhatItCoversAreRequired) {
  EXPECT_FALSE(ParseTranscript("file", "covers: 1\nends: open\n").ok());
  EXPECT_FALSE(ParseTranscript("file", "title: It works.\nends: open\n").ok());
  EXPECT_FALSE(ParseTranscript("file", "title: not a sentence\n").ok());
  EXPECT_TRUE(ParseTranscript("file", "title: It works.\nrow: x\nends: open\n").ok());
}

TEST(TranscriptTest, AFolderWithoutTranscriptsIsAnError) {
  EXPECT_FALSE(ReadTranscripts("no/such/folder").ok());
}

TEST(TranscriptTest, DatagramsHaveASenderAndNeedAGateway) {
  const std::string head = std::string(kHead) + "players: gateway\ntarget: echo echoes\n";
  const Transcript transcript =
      Must(head +
           "datagram: client \"\"\ndatagram: other 01\ndatagram: again 02\n"
           "datagram: server ..*2\nends: open\ndatagrams: echo 01 / \"\"\n");
  ASSERT_EQ(transcript.steps.size(), 5u);
  EXPECT_EQ(transcript.steps[0].kind, Kind::kClientDatagram);
  EXPECT_EQ(transcript.steps[0].bytes.Expand({}).size(), 0u);
  EXPECT_EQ(transcript.steps[2].kind, Kind::kClientDatagramAgain);
  EXPECT_EQ(transcript.steps[3].bytes.Expand({}).size(), 2u);
  ASSERT_EQ(transcript.aftermath.size(), 1u);
  EXPECT_EQ(transcript.aftermath[0].datagrams.size(), 2u);
  EXPECT_FALSE(ParseTranscript("file", head + "datagram: somebody 01\nends: open\n").ok());
  EXPECT_FALSE(
      ParseTranscript("file", std::string(kHead) + "datagram: client 01\nends: open\n").ok());
}

TEST(TranscriptTest, ReplySaysWhereDatagramsGo) {
  EXPECT_EQ(BoundIn(std::string("\5\0\5\0\0\1\12\0\0\1\4\70", 12)).ToString(), "10.0.0.1:1080");
  EXPECT_EQ(BoundIn(std::string("\5\0", 2) + std::string("\5\0\0\4", 4) + std::string(15, '\0') +
                    std::string("\1\4\70", 3))
                .ToString(),
            "[::1]:1080");
  EXPECT_EQ(BoundIn("").port, 0);
}

}  // namespace
}  // namespace sluice
