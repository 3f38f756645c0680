// The negotiation of permessage-deflate, read along RFC 7692 §5 and §7.1, and the lists it comes in
// (RFC 6455 §9.1).

#include "proto/deflate_params.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace microframe::proto {
namespace {

using namespace std::string_literals;

constexpr char kMalformed[] = "malformed";
constexpr char kNone[] = "";  // no offer was acceptable

std::string answer(std::string_view offers, const DeflateSettings& settings) {
  std::vector<Extension> list;
  if (!parse_extensions(offers, list)) return kMalformed;
  const auto params = accept_deflate(list, settings);
  return params ? deflate_answer(*params) : kNone;
}

struct OfferCase {
  const char* name;
  std::string offers;
  std::string answer;  // without the name of the extension; "none", "malformed"
};

std::string expected(const OfferCase& c) {
  if (c.answer == "none") return kNone;
  if (c.answer == kMalformed) return kMalformed;
  return c.answer.empty() ? "permessage-deflate" : "permessage-deflate; " + c.answer;
}

const std::string kStateless = "server_no_context_takeover; client_no_context_takeover";

const OfferCase kOffers[] = {
    {"§7.1 without parameters", "permessage-deflate", kStateless},
    {"§5.1 another extension", "permessage-bzip2", "none"},
    {"§5.1 the name is a token of its own", "permessage-deflate2", "none"},
    {"§5.1 its old name", "x-webkit-deflate-frame", "none"},
    {"§5.1 a name that objects have", "constructor", "none"},
    {"§5.1 another one first", "permessage-bzip2, permessage-deflate", kStateless},
    {"§5.1 another one behind", "permessage-deflate, permessage-bzip2", kStateless},
    {"§5.1 the first of two is taken",
     "permessage-deflate; server_max_window_bits=10, permessage-deflate; server_max_window_bits=11",
     kStateless + "; server_max_window_bits=10"},
    {"§5.1 the second, where the first is not acceptable",
     "permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=11",
     kStateless + "; server_max_window_bits=11"},
    {"§5.2 the fallback of the RFC's example",
     "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate; "
     "client_max_window_bits",
     kStateless + "; server_max_window_bits=10"},
    {"§5.1 the third of three",
     "permessage-deflate; x, permessage-deflate; y=1, permessage-deflate", kStateless},
    {"§5.1 none of two", "permessage-deflate; x, permessage-deflate; y=1", "none"},

    {"§7.1.1.1 server_no_context_takeover", "permessage-deflate; server_no_context_takeover",
     kStateless},
    {"§7.1.1.1 with a value", "permessage-deflate; server_no_context_takeover=1", "none"},
    {"§7.1.1.1 with a quoted value", "permessage-deflate; server_no_context_takeover=\"true\"",
     "none"},
    {"§7.1.1.1 twice", "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
     "none"},
    {"§7.1.1.2 client_no_context_takeover", "permessage-deflate; client_no_context_takeover",
     kStateless},
    {"§7.1.1.2 with a value", "permessage-deflate; client_no_context_takeover=0", "none"},
    {"§7.1.1.2 twice", "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
     "none"},
    {"§7.1.1 both", "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
     kStateless},

    {"§7.1.2.1 15", "permessage-deflate; server_max_window_bits=15",
     kStateless + "; server_max_window_bits=15"},
    {"§7.1.2.1 14", "permessage-deflate; server_max_window_bits=14",
     kStateless + "; server_max_window_bits=14"},
    {"§7.1.2.1 10", "permessage-deflate; server_max_window_bits=10",
     kStateless + "; server_max_window_bits=10"},
    {"§7.1.2.1 9", "permessage-deflate; server_max_window_bits=9",
     kStateless + "; server_max_window_bits=9"},
    {"§7.1.2.1 8, which zlib cannot do", "permessage-deflate; server_max_window_bits=8", "none"},
    {"§7.1.2.1 7", "permessage-deflate; server_max_window_bits=7", "none"},
    {"§7.1.2.1 16", "permessage-deflate; server_max_window_bits=16", "none"},
    {"§7.1.2.1 0", "permessage-deflate; server_max_window_bits=0", "none"},
    {"§7.1.2.1 a leading zero", "permessage-deflate; server_max_window_bits=09", "none"},
    {"§7.1.2.1 another leading zero", "permessage-deflate; server_max_window_bits=015", "none"},
    {"§7.1.2.1 three digits", "permessage-deflate; server_max_window_bits=100", "none"},
    {"§7.1.2.1 15 and something", "permessage-deflate; server_max_window_bits=15x", "none"},
    {"§7.1.2.1 hexadecimal", "permessage-deflate; server_max_window_bits=0xF", "none"},
    {"§7.1.2.1 a sign", "permessage-deflate; server_max_window_bits=+9", "none"},
    {"§7.1.2.1 a minus", "permessage-deflate; server_max_window_bits=-9", "none"},
    {"§7.1.2.1 beyond 64 bits", "permessage-deflate; server_max_window_bits=18446744073709551625",
     "none"},
    {"§7.1.2.1 a fraction", "permessage-deflate; server_max_window_bits=9.0", "none"},
    {"§7.1.2.1 a colon for a digit", "permessage-deflate; server_max_window_bits=1:", kMalformed},
    {"§7.1.2.1 no value", "permessage-deflate; server_max_window_bits", "none"},
    {"§7.1.2.1 an empty value", "permessage-deflate; server_max_window_bits=", kMalformed},
    {"§7.1.2.1 twice", "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
     "none"},
    {"§7.1.2.1 twice, the second one bad",
     "permessage-deflate; server_max_window_bits=10; server_max_window_bits=99", "none"},
    {"§7.1.2.1 quoted (RFC 6455 §9.1)", "permessage-deflate; server_max_window_bits=\"10\"",
     kStateless + "; server_max_window_bits=10"},

    {"§7.1.2.2 no value", "permessage-deflate; client_max_window_bits", kStateless},
    {"§7.1.2.2 15", "permessage-deflate; client_max_window_bits=15", kStateless},
    {"§7.1.2.2 9", "permessage-deflate; client_max_window_bits=9", kStateless},
    {"§7.1.2.2 8 binds the client alone", "permessage-deflate; client_max_window_bits=8",
     kStateless},
    {"§7.1.2.2 7", "permessage-deflate; client_max_window_bits=7", "none"},
    {"§7.1.2.2 16", "permessage-deflate; client_max_window_bits=16", "none"},
    {"§7.1.2.2 a leading zero", "permessage-deflate; client_max_window_bits=08", "none"},
    {"§7.1.2.2 twice without a value",
     "permessage-deflate; client_max_window_bits; client_max_window_bits", "none"},
    {"§7.1.2.2 twice, once with a value",
     "permessage-deflate; client_max_window_bits; client_max_window_bits=10", "none"},
    {"§7.1.2.2 twice, first with a value",
     "permessage-deflate; client_max_window_bits=10; client_max_window_bits", "none"},
    {"§7.1.2.2 quoted", "permessage-deflate; client_max_window_bits=\"12\"", kStateless},

    {"§7.1 all four",
     "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
     "server_max_window_bits=12; "
     "client_max_window_bits=11",
     kStateless + "; server_max_window_bits=12"},
    {"§7.1 an unknown parameter", "permessage-deflate; server_min_window_bits=9", "none"},
    {"§7.1 an unknown one beside known ones", "permessage-deflate; client_max_window_bits; x",
     "none"},
    {"§7.1 a name that objects have", "permessage-deflate; constructor", "none"},
    {"§7.1 names have their case", "permessage-deflate; Server_No_Context_Takeover", "none"},
    {"§5.1 the extension's name has its case", "PerMessage-Deflate", "none"},
    {"what Chromium offers", "permessage-deflate; client_max_window_bits", kStateless},
    {"what npm's ws can offer",
     "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
     "server_max_window_bits=10; "
     "client_max_window_bits=10",
     kStateless + "; server_max_window_bits=10"},

    {"RFC 6455 §9.1 white space", " permessage-deflate\t; server_max_window_bits = 10 ,\tx ",
     kStateless + "; server_max_window_bits=10"},
    {"B18 RFC 9110 §5.6.1.2 nothing", "", "none"},
    {"B18 RFC 9110 §5.6.1.2 a comma alone", ",", "none"},
    {"B18 RFC 9110 §5.6.1.2 a comma at the end", "permessage-deflate,", kStateless},
    {"RFC 6455 §9.1 a semicolon at the end", "permessage-deflate;", kMalformed},
    {"RFC 6455 §9.1 no name", "; client_max_window_bits", kMalformed},
    {"RFC 6455 §9.1 two names", "permessage-deflate client_max_window_bits", kMalformed},
    {"RFC 6455 §9.1 a quoted name", "\"permessage-deflate\"", kMalformed},
    {"RFC 6455 §9.1 an open quote", "permessage-deflate; server_max_window_bits=\"10", kMalformed},
    {"RFC 6455 §9.1 an empty quoted value", "permessage-deflate; server_max_window_bits=\"\"",
     kMalformed},
    {"RFC 6455 §9.1 a quoted pair", "permessage-deflate; server_max_window_bits=\"1\\0\"",
     kMalformed},
    {"RFC 6455 §9.1 a quoted space", "permessage-deflate; server_max_window_bits=\"1 0\"",
     kMalformed},
    {"RFC 6455 §9.1 something behind a quote", "permessage-deflate; x=\"1\"0", kMalformed},
    {"RFC 6455 §9.1 two values", "permessage-deflate; x=1=2", kMalformed},
};

TEST(DeflateOffer, IsAnsweredWithoutContextByDefault) {
  for (const OfferCase& c : kOffers) EXPECT_EQ(answer(c.offers, {}), expected(c)) << c.name;
}

const OfferCase kOffersWithTakeover[] = {
    {"§7.1.1 without parameters, both have a context", "permessage-deflate", ""},
    {"§7.1.1.1 the client wants the server to have none",
     "permessage-deflate; server_no_context_takeover", "server_no_context_takeover"},
    {"§7.1.1.2 the client says it will have none", "permessage-deflate; client_no_context_takeover",
     "client_no_context_takeover"},
    {"§7.1.1 both", "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
     kStateless},
    {"§7.1.2.1 a window at its widest", "permessage-deflate; server_max_window_bits=15",
     "server_max_window_bits=12"},
    {"§7.1.2.1 a window as ours", "permessage-deflate; server_max_window_bits=12",
     "server_max_window_bits=12"},
    {"§7.1.2.1 a narrower window", "permessage-deflate; server_max_window_bits=9",
     "server_max_window_bits=9"},
    {"§7.1.2.1 not asked for", "permessage-deflate", ""},
    {"§7.1.2.2 only if it was offered", "permessage-deflate; client_max_window_bits",
     "client_max_window_bits=12"},
    {"§7.1.2.2 wider than ours", "permessage-deflate; client_max_window_bits=13",
     "client_max_window_bits=12"},
    {"§7.1.2.2 as ours", "permessage-deflate; client_max_window_bits=12", ""},
    {"§7.1.2.2 narrower than ours", "permessage-deflate; client_max_window_bits=9", ""},
    {"§7.1.2.2 8 is never said", "permessage-deflate; client_max_window_bits=8", ""},
};

TEST(DeflateOffer, IsAnsweredWithTakeoverAndANarrowWindowByChoice) {
  DeflateSettings settings;
  settings.context_takeover = true;
  settings.window_bits = 12;
  for (const OfferCase& c : kOffersWithTakeover)
    EXPECT_EQ(answer(c.offers, settings), expected(c)) << c.name;
}

TEST(DeflateOffer, WritesWhatTheClientWishes) {
  DeflateSettings settings;
  EXPECT_EQ(deflate_offer(settings),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "client_max_window_bits");
  settings.context_takeover = true;
  EXPECT_EQ(deflate_offer(settings), "permessage-deflate; client_max_window_bits");
  settings.window_bits = 10;
  EXPECT_EQ(deflate_offer(settings),
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=10");
}

// Each end's answer to the other's offer is one that the other takes.
TEST(DeflateOffer, IsAnsweredWithWhatTheClientAskedFor) {
  for (const bool client_takeover : {false, true}) {
    for (const bool server_takeover : {false, true}) {
      for (std::uint8_t client_bits = 9; client_bits <= 15; ++client_bits) {
        for (std::uint8_t server_bits = 9; server_bits <= 15; ++server_bits) {
          const DeflateSettings client{client_takeover, client_bits};
          const DeflateSettings server{server_takeover, server_bits};
          const std::string said = answer(deflate_offer(client), server);
          std::vector<Extension> chosen;
          ASSERT_TRUE(parse_extensions(said, chosen));
          const auto checked = check_deflate_answer(chosen, client);
          ASSERT_TRUE(checked.ok()) << said << ": " << checked.error();
          ASSERT_TRUE(checked.value().has_value());
          const DeflateParams& params = **checked;
          EXPECT_EQ(params.server_takes_over(), client_takeover && server_takeover);
          EXPECT_LE(params.server_window_bits(), client_bits);
          EXPECT_TRUE(server_bits >= client_bits || params.client_window_bits() == server_bits);
        }
      }
    }
  }
}

struct Answer {
  const char* name;
  std::string list;
  const char* verdict;  // "good", "declined", "refused"
};

std::string verdict(const std::string& list, const DeflateSettings& settings) {
  std::vector<Extension> chosen;
  if (!list.empty() && !parse_extensions(list, chosen)) return "malformed";
  const auto checked = check_deflate_answer(chosen, settings);
  return !checked ? "refused" : checked.value() ? "good" : "declined";
}

const Answer kAnswers[] = {
    {"§5.1 nothing is chosen", "", "declined"},
    {"§7.1 no parameters", "permessage-deflate", "good"},
    {"§5.1 what was not offered", "permessage-bzip2", "refused"},
    {"§5.1 it and another", "permessage-deflate, x", "refused"},
    {"§5.1 it twice", "permessage-deflate, permessage-deflate", "refused"},
    {"§7.1 an unknown parameter", "permessage-deflate; x", "refused"},
    {"§7.1.1.1 server_no_context_takeover", "permessage-deflate; server_no_context_takeover",
     "good"},
    {"§7.1.1.1 with a value", "permessage-deflate; server_no_context_takeover=1", "refused"},
    {"§7.1.1.1 twice", "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
     "refused"},
    {"§7.1.1.2 unasked", "permessage-deflate; client_no_context_takeover", "good"},
    {"§7.1.1.2 with a value", "permessage-deflate; client_no_context_takeover=1", "refused"},
    {"§7.1.2.1 unasked", "permessage-deflate; server_max_window_bits=10", "good"},
    {"§7.1.2.1 8: we inflate it", "permessage-deflate; server_max_window_bits=8", "good"},
    {"§7.1.2.1 7", "permessage-deflate; server_max_window_bits=7", "refused"},
    {"§7.1.2.1 16", "permessage-deflate; server_max_window_bits=16", "refused"},
    {"§7.1.2.1 no value", "permessage-deflate; server_max_window_bits", "refused"},
    {"§7.1.2.1 a leading zero", "permessage-deflate; server_max_window_bits=09", "refused"},
    {"§7.1.2.2 9", "permessage-deflate; client_max_window_bits=9", "good"},
    {"§7.1.2.2 15", "permessage-deflate; client_max_window_bits=15", "good"},
    {"§7.1.2.2 8, which zlib cannot do", "permessage-deflate; client_max_window_bits=8", "refused"},
    {"§7.1.2.2 no value in an answer", "permessage-deflate; client_max_window_bits", "refused"},
    {"§7.1.2.2 twice", "permessage-deflate; client_max_window_bits=9; client_max_window_bits=9",
     "refused"},
    {"§7.1 all four",
     "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
     "server_max_window_bits=12; "
     "client_max_window_bits=11",
     "good"},
};

TEST(DeflateAnswer, IsJudgedAsTheTableSays) {
  DeflateSettings settings;
  settings.context_takeover = true;
  for (const Answer& c : kAnswers) EXPECT_EQ(verdict(c.list, settings), c.verdict) << c.name;
}

TEST(DeflateAnswer, MustPromiseWhatWasAskedFor) {
  EXPECT_EQ(verdict("permessage-deflate", {}), "refused");
  EXPECT_EQ(verdict("permessage-deflate; client_no_context_takeover", {}), "refused");
  EXPECT_EQ(verdict("permessage-deflate; server_no_context_takeover", {}), "good");
  DeflateSettings narrow;
  narrow.context_takeover = true;
  narrow.window_bits = 10;
  EXPECT_EQ(verdict("permessage-deflate", narrow), "refused");
  EXPECT_EQ(verdict("permessage-deflate; server_max_window_bits=11", narrow), "refused");
  EXPECT_EQ(verdict("permessage-deflate; server_max_window_bits=10", narrow), "good");
  EXPECT_EQ(verdict("permessage-deflate; server_max_window_bits=9", narrow), "good");
}

TEST(ExtensionList, ReadsSeveralFieldsAsOneList) {
  std::vector<Extension> list;
  EXPECT_TRUE(parse_extensions("x; a=1", list));
  EXPECT_TRUE(parse_extensions("permessage-deflate", list));
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].parameters.at(0).value, "1");
  EXPECT_TRUE(accept_deflate(list, {}).has_value());
}

}  // namespace
}  // namespace microframe::proto
