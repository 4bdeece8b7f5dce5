"""A bad example or more for each check, and a good one, so that a check that has gone blind is noticed.

Each is: the check's name, a tree, and a piece of the one sentence it must give; None where it must say nothing.
"""

VALUES_BUILD = 'sluice_library(name = "values", hdrs = ["address.h"], srcs = select({"a": []}))\n'
_LATER = "TO" + "DO"
_GUARDED = "#ifndef SLUICE_CORE_ADDRESS_H_\n#define SLUICE_CORE_ADDRESS_H_\n"
_END = "#endif  // SLUICE_CORE_ADDRESS_H_\n"
_LIMITS = "inline constexpr int kSplicePipesMax = 1'024;\n"
_FLAGS = 'DEFINE_string(config, "", "a file");\nDEFINE_int32(pipes, sluice::limits::kSplicePipesMax, "pipes");\n'
_FLAG_TABLE = "## Flags\n\ntext\n\n| flag | default | meaning |\n|---|---|---|\n| `--config` | | a file |\n| `--pipes` | `1024` | pipes |\n"
_COUNTERS = '#define X_ALL(X) \\\n  X(a, "sluice_a_total",  \\\n    "Thi"  \\\n    "ngs.")  \\\n'
_COUNTER_TABLE = "## Counters\n| a | b |\n|---|---|\n| `sluice_a_total` | Things. |\n"
_FIELD_TABLE = "## The access log\n| f | m |\n|---|---|\n| `time` | t |\n"
_TOML = '[socks]\nport = 1080  # a port\n# [groups]\n# staff = ["a"]\n# [sets.office]\n# hosts = ["a"]\n[[rule]]\n# expires = 2030-01-01\nname = "x"\n'
_KEY_TABLE = ("## Keys of sluice.toml\n| key | default | meaning |\n|---|---|---|\n| `socks.port` | `1080` | p |\n"
              "| `groups.NAME` | | g |\n| `sets.NAME.hosts` | | h |\n| `rule.expires` | never | e |\n| `rule.name` | | n |\n")


def _reasons(by):
    return (f'constexpr std::string_view ToString(EndedBy by) {{\n    case EndedBy::kX: return "{by}";\n}}\n'
            'constexpr std::string_view ToString(SessionState state) {\n    case SessionState::kY: return "relay";\n}\n')


_WORDS = "### Who ended a session\n| word | |\n|---|---|\n| `client` | c |\n### In which state\n| word | |\n|---|---|\n| `relay` | r |\n"


def _function(lines):
    return "int Long(int a,\n         int b) {\n" + "  a += b;\n" * (lines - 3) + "}\n"


EXAMPLES = [
    # Who may include whom.
    ("include_directions", {"core/BUILD.bazel": VALUES_BUILD, "core/address.h": '#include "core/loop.h"\n'},
     "core:values may not include core/loop.h"),
    ("include_directions", {"core/loop.cc": '#include "relay/pipe.h"\n'}, "core:machine may not include relay/pipe.h"),
    ("include_directions", {"proto/wire.h": '#include "policy/rule.h"\n'}, "proto may not include policy/rule.h"),
    ("include_directions", {"proto/wire.h": '#include "glog/logging.h"\n'}, "proto may not include glog/logging.h"),
    ("include_directions", {"proto/wire.h": '#include "core/give_way.h"\n'}, "proto may not include core/give_way.h"),
    ("include_directions", {"core/give_way.h": '#include "core/kernel.h"\n'}, "core:give_way may not include core/kernel.h"),
    ("include_directions", {"policy/rule.cc": '#include "core/give_way.h"\n'}, None),
    ("include_directions", {"policy/rule.h": '#include "core/kernel.h"\n'}, "policy may not include core/kernel.h"),
    ("include_directions", {"relay/pipe.h": '#include "gflags/gflags.h"\n'}, "relay may not include gflags/gflags.h"),
    ("include_directions", {"relay/pipe.h": "#  include <toml++/toml.h>\n"}, "relay may not include toml++/toml.h"),
    ("include_directions", {"relay/pipe.h": '#include "tests/sim/sim_kernel.h"\n'}, "relay may not include tests/sim"),
    ("include_directions", {"core/BUILD.bazel": VALUES_BUILD, "core/address.h": '#include <string>\n#include "absl/a.h"\n',
                            "policy/rule.h": '#include "core/address.h"\n', "relay/pipe_test.cc": '#include "tests/sim/sim_kernel.h"\n',
                            "relay/BUILD.bazel": '[sluice_library(name = n, testonly = True, hdrs = [n + ".h"]) for n in ["w"]]\n',
                            "relay/w.h": '#include "gtest/gtest.h"\n', "tools/sluiced/main.cc": '#include "gflags/gflags.h"\n'}, None),
    ("wings_do_not_know_the_hall", {"relay/udp/udp_names.cc": '#include "relay/session.h"\n'}, "relay/udp may not include relay/session.h"),
    ("wings_do_not_know_the_hall", {"relay/gss/gss_layer.h": '#include "relay/udp/udp_names.h"\n'}, "relay/gss may not include relay/udp"),
    ("wings_do_not_know_the_hall", {"relay/egress/quota.h": ""}, "relay/egress is a new wing"),
    ("wings_do_not_know_the_hall",
     {"relay/shard.h": '#include "relay/udp/udp_names.h"\n', "relay/udp/udp_names.h": '#include "relay/names/resolver.h"\n',
      "relay/gss/gss_pipe.h": '#include "relay/pipe.h"\n'}, None),
    ("pure_rooms_have_no_syscalls_or_threads", {"policy/config.cc": "#include <fstream>\n"}, "fstream in a room without"),
    ("pure_rooms_have_no_syscalls_or_threads", {"proto/wire.cc": "#include <sys/socket.h>\n"}, "sys/socket.h in a room without"),
    ("pure_rooms_have_no_syscalls_or_threads", {"core/BUILD.bazel": VALUES_BUILD, "core/address.h": "#include <thread>\n"},
     "thread in a room"),
    ("pure_rooms_have_no_syscalls_or_threads",
     {"policy/publisher_test.cc": "#include <thread>\n", "relay/log/access_log.h": "#include <thread>\n"},
     None),
    ("liburing_has_one_door", {"core/loop.h": "#include <liburing.h>\n"}, "liburing outside"),
    ("liburing_has_one_door", {"core/uring_kernel.h": "#include <liburing.h>\n", "core/host_probe.cc": "#include <liburing.h>\n"}, None),
    ("flags_stand_in_programs", {"relay/pipe.cc": 'DEFINE_bool(fast, true, "go");\n'}, "a flag outside a program's main file"),
    ("flags_stand_in_programs", {"tools/a/main.cc": 'DEFINE_bool(fast, true, "go");\nint main() {}\n'}, None),
    # Names.
    ("names_say_what_things_are", {"relay/session_manager.h": ""}, "\"manager\" in a file's name"),
    ("names_say_what_things_are", {"tests/e2e/utils.py": ""}, "\"utils\" in a file's name"),
    ("names_say_what_things_are", {"relay/pipe.h": "class PipeImpl final : public Pipe {\n"}, "\"impl\" in PipeImpl"),
    ("names_say_what_things_are", {"relay/pipe.h": "  struct alignas(64) HTTPContext\n  {\n"}, "\"context\" in HTTPContext"),
    ("names_say_what_things_are", {"relay/pipe.h": "template <typename T>\nclass ListBase {\n"}, "\"base\" in ListBase"),
    ("names_say_what_things_are", {"relay/pipe.h": "enum class DataKind : uint8_t { kA };\n"}, "\"data\" in DataKind"),
    ("names_say_what_things_are", {"relay/pipe.h": "using CommonName = int;\n"}, "\"common\" in CommonName"),
    ("names_say_what_things_are", {"relay/database.h": "// class Helper {\nclass Database {\n};\nstruct addrinfo;\n"}, None),
    # Headers.
    ("headers_have_a_guard_and_a_comment", {"core/address.h": "#pragma once\n"}, "expected #ifndef SLUICE_CORE_ADDRESS_H_"),
    ("headers_have_a_guard_and_a_comment", {"core/address.h": _GUARDED + "\n// Addresses.\n"}, "on the last line"),
    ("headers_have_a_guard_and_a_comment", {"core/address.h": _GUARDED + "\n#include <array>\n// Late.\n" + _END},
     "expected a comment under the guard"),
    ("headers_have_a_guard_and_a_comment", {"core/address.h": _GUARDED + "\n// Addresses.\n\n" + _END, "core/address.cc": ""}, None),
    ("work_left_has_an_issue", {"core/loop.cc": f"// {_LATER}: faster\n"}, f"core/loop.cc:1: {_LATER} without an issue"),
    ("work_left_has_an_issue", {"core/loop.cc": f"// {_LATER}(#12): faster\n"}, None),
    ("tests_stand_in_a_suite", {"core/BUILD.bazel": "sluice_test(\n"}, 'core/BUILD.bazel: expected test_suite(name = "tests")'),
    ("tests_stand_in_a_suite", {"core/BUILD.bazel": '[\n    sluice_test(\n]\ntest_suite(name = "tests")\n'},
     "expected //core:tests in one suite, found it in 0"),
    ("tests_stand_in_a_suite", {"core/BUILD.bazel": 'sluice_test(\n)\ntest_suite(name = "tests")\n', "tools/deps/BUILD.bazel": "cc_library()\n",
                                "BUILD.bazel": 'tests = [\n    "//core:tests",\n]\n'}, None),
    # Sizes.
    ("files_and_functions_are_short", {"core/a.h": "\n" * 551}, "core/a.h: 551 lines"),
    ("files_and_functions_are_short", {"core/a.cc": "int x = 0;\n\n" + _function(71)}, "core/a.cc:3: Long has 71 lines"),
    ("files_and_functions_are_short", {"core/a.h": "class A {\n  void Member() const {\n" + "    b();\n" * 80 + "  }\n};\n"},
     "Member has 82 lines"),
    ("files_and_functions_are_short", {"core/a_test.cc": "TEST_F(A, ThingIsTrue) {\n" + "  b();\n" * 80 + "}\n"},
     "ThingIsTrue has 82 lines"),
    ("files_and_functions_are_short", {"a.py": "def long():\n" + "    b()\n" * 80}, "long has 81 lines"),
    ("files_and_functions_are_short",
     {"core/a.h": "\n" * 550, "core/a.cc": _function(70) + "class Big {\n" + "  int a() { return 1; }\n" * 90 + "};\n"},
     None),
    ("comments_fit_the_columns", {"core/a.h": "  // " + "a" * 96 + "\n"}, "core/a.h:1: a comment of 101 columns"),
    ("comments_fit_the_columns", {"core/a.h": "// " + "§" * 97 + "\nint a = " + "a" * 100 + ";\n"}, None),
    # Documents.
    ("flags_are_documented", {"tools/sluiced/main.cc": _FLAGS, "core/limits.h": _LIMITS, "docs/OPERATING.md": "## Flags\n"},
     "flag --config is missing"),
    ("flags_are_documented", {"tools/sluiced/main.cc": _FLAGS, "core/limits.h": "kSplicePipesMax = 64;", "docs/OPERATING.md": _FLAG_TABLE},
     "flag --pipes: expected \"64\", found \"1024\""),
    ("flags_are_documented", {"tools/sluiced/main.cc": "", "docs/OPERATING.md": _FLAG_TABLE},
     "--config stands under \"Flags\" and does not exist"),
    ("flags_are_documented", {"tools/sluiced/main.cc": _FLAGS, "core/limits.h": _LIMITS, "docs/OPERATING.md": _FLAG_TABLE}, None),
    ("counters_are_documented", {"core/counters.h": _COUNTERS}, "counter sluice_a_total is missing"),
    ("resources_are_documented", {"tools/admin/routes.cc": '{"GET", "/livez", kSees'}, "resource GET /livez is missing"),
    ("resources_are_documented", {"tools/admin/routes.cc": '{"GET", "/livez", kSees',
                                  "docs/ADMIN.md": "## Resources\n\n| r | a |\n|---|---|\n| `GET /livez` | Ok. |\n"}, None),
    ("resources_are_in_the_api_document", {"tools/admin/routes.cc": '{"GET", "/livez", kSees'}, "resource GET /livez is missing"),
    ("resources_are_in_the_api_document", {"tools/admin/routes.cc": '{"GET", "/livez", kEnds',
                                           "tools/admin/openapi.json": '{"paths": {"/livez": {"get": {"x-role": "viewer"}}}}'},
     "GET /livez: expected x-role operator, found viewer"),
    ("resources_are_in_the_api_document", {"tools/admin/openapi.json": '{"paths": {"/livez": {"get": {"x-role": "viewer"}}}}'},
     "GET /livez does not exist"),
    ("resources_are_in_the_api_document", {"tools/admin/routes.cc": '{"GET", "/livez", kSees',
                                           "tools/admin/openapi.json": '{"paths": {"/livez": {"get": {"x-role": "viewer"}}}}'}, None),
    ("histograms_are_documented", {"core/histograms.h": 'X(Histogram, a, "sluice_a_bytes", "A.")'}, "histogram sluice_a_bytes is missing"),
    ("histograms_are_documented", {"core/histograms.h": 'X(Histogram, a, "sluice_a_bytes", "A.")',
                                   "docs/OPERATING.md": "## Histograms\n\n| h | m |\n|---|---|\n| `sluice_a_bytes` | A. |\n"}, None),
    ("counters_are_documented", {"core/counters.h": _COUNTERS, "docs/OPERATING.md": _COUNTER_TABLE.replace("Things", "Other")},
     "expected \"Things.\", found \"Other.\""),
    ("counters_are_documented", {"core/counters.h": "", "docs/OPERATING.md": _COUNTER_TABLE},
     "does not exist"),
    ("counters_are_documented", {"core/counters.h": _COUNTERS, "docs/OPERATING.md": _COUNTER_TABLE},
     None),
    ("endings_are_documented", {"relay/close_reason.h": _reasons("target"), "docs/OPERATING.md": _WORDS}, "word target is missing"),
    ("endings_are_documented", {"relay/close_reason.h": _reasons("target"), "docs/OPERATING.md": _WORDS}, "word client stands under"),
    ("endings_are_documented", {"docs/OPERATING.md": _WORDS}, "expected ToString(EndedBy), found none"),
    ("endings_are_documented", {"relay/close_reason.h": _reasons("client"), "docs/OPERATING.md": _WORDS}, None),
    ("log_fields_are_documented", {"relay/log/access_log.cc": '  line["time"] = 1;\n'}, "field time is missing"),
    ("log_fields_are_documented", {"docs/OPERATING.md": _FIELD_TABLE},
     "field time stands under"),
    ("log_fields_are_documented", {"relay/log/access_log.cc": '  line["time"] = 1;\n', "docs/OPERATING.md": _FIELD_TABLE},
     None),
    ("keys_are_documented", {"tools/sluiced/sluice.toml": _TOML.replace("1080", "1081"), "docs/OPERATING.md": _KEY_TABLE},
     "key socks.port: expected \"1081\""),
    ("keys_are_documented", {"tools/sluiced/sluice.toml": _TOML + "comment = 1\n", "docs/OPERATING.md": _KEY_TABLE},
     "key rule.comment is missing"),
    ("keys_are_documented", {"tools/sluiced/sluice.toml": _TOML.replace("# hosts", "# addresses"), "docs/OPERATING.md": _KEY_TABLE},
     "key sets.NAME.hosts stands under"),
    ("keys_are_documented", {"tools/sluiced/sluice.toml": _TOML, "docs/OPERATING.md": _KEY_TABLE}, None),
    ("verbs_are_documented", {"tools/sluicectl/verbs.cc": '{.name = "top",\n .help = "fast "\n "ones"}, {.name = "__hidden", .help = "x"}',
                              "docs/SLUICECTL.md": "## Verbs\n| verb | does |\n|---|---|\n| `top` | slow ones |\n"},
     'verb top: expected "fast ones", found "slow ones"'),
    ("verbs_are_documented", {"docs/SLUICECTL.md": "## Verbs\n| verb | does |\n|---|---|\n| `top` | fast ones |\n"}, "does not exist"),
    ("verbs_are_documented", {"tools/sluicectl/verbs.cc": '{.name = "top",\n .help = "fast "\n "ones"}, {.name = "__hidden", .help = "x"}',
                              "docs/SLUICECTL.md": "## Verbs\n| verb | does |\n|---|---|\n| `top` | fast ones |\n"}, None),
    ("reply_codes_are_documented", {"relay/reply_code.h": "    case ECONNREFUSED:\n", "docs/PROTOCOLS.md": "ECONNREFUSED"},
     "ECONNREFUSED has a reply code"),
    ("reply_codes_are_documented", {"relay/reply_code.h": "    case ECONNREFUSED:\n", "docs/PROTOCOLS.md": "`ECONNREFUSED`"}, None),
    ("links_lead_somewhere", {"docs/A.md": "see [b](B.md#part)\n"}, "docs/A.md: the link to B.md leads nowhere"),
    ("links_lead_somewhere",
     {"docs/A.md": "[b](b/c.md) [r](../README.md) [d](b) [here](#x) [web](https://a.test/x)", "docs/b/c.md": "", "README.md": ""},
     None),
]
