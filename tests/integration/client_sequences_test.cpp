// The client with ClientOptions::plain and a server that plays what Autobahn's testsuite would: the
// client echoes each message, answers each Ping, and ends with the right code.

#include <gtest/gtest.h>

#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "integration/client_sequences.hpp"
#include "microframe/client.hpp"
#include "support/compression.hpp"
#include "support/deflate.hpp"
#include "support/scripted_server.hpp"

namespace microframe {
namespace {

using test::Received;
using test::ScriptedPeer;
using test::Sequence;

class ClientSequences : public testing::Test {
 protected:
  // A client that sends each message back, and the server's end of its connection.
  class Echo {
   public:
    Echo(const ClientLoop& loop, test::ScriptedServer& server, const ClientOptions& options,
         std::string_view extensions)
        : client_(loop, server.url(), options) {
      client_.on_text([this](const std::string& text) { client_.send_text(text); });
      client_.on_binary([this](std::span<const std::byte> bytes) { client_.send_binary(bytes); });
      client_.connect();
      peer.emplace(server.accept());
      peer->upgrade({}, extensions);
    }

   private:
    Client client_;

   public:
    std::optional<ScriptedPeer> peer;
  };

  static ClientOptions plain(const Compression& compression = {}) {
    ClientOptions options;
    options.plain = true;
    options.reconnect = false;
    options.message_bytes_max = std::size_t{8} * 1024 * 1024;
    options.compression = compression;
    return options;
  }
  void play(const std::vector<Sequence>& sequences) {
    for (const Sequence& sequence : sequences) {
      SCOPED_TRACE(sequence.name);
      try {
        play(sequence);
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
    }
  }

  const ClientLoop loop;
  test::ScriptedServer server;

 private:
  void play(const Sequence& sequence) {
    Echo echo(loop, server, plain(), {});
    for (const std::string& bytes : sequence.said) echo.peer->answer(bytes);
    std::vector<Received> messages;
    std::vector<Received> pongs;
    const std::size_t due = sequence.messages.size() + sequence.pongs.size();
    bool closes = sequence.close == 0;
    Received heard;
    while (true) {
      if (closes && messages.size() + pongs.size() == due) {
        echo.peer->say_close(1000);
        closes = false;
      }
      heard = echo.peer->hear_frame();
      if (heard.first == 0 || heard.is_close()) break;
      (heard.first == 0x8A ? pongs : messages).push_back(heard);
    }
    EXPECT_TRUE(messages == sequence.messages) << messages.size() << " messages";
    EXPECT_TRUE(pongs == sequence.pongs) << pongs.size() << " Pongs";
    EXPECT_TRUE(heard.is_close());
    if (sequence.close == 1005) {
      EXPECT_EQ(heard.payload, "");
    } else {
      EXPECT_EQ(heard.close_code(), sequence.close == 0 ? 1000 : sequence.close);
    }
  }
};

TEST_F(ClientSequences, E35_Messages) {
  play(test::message_sequences());
}
TEST_F(ClientSequences, E35_PingsAndPongs) {
  play(test::ping_sequences());
}
TEST_F(ClientSequences, E35_ReservedBitsAndOpcodes) {
  play(test::reserved_sequences());
}
TEST_F(ClientSequences, E35_Fragmentation) {
  play(test::fragmentation_sequences());
}
TEST_F(ClientSequences, E35_Utf8) {
  play(test::utf8_sequences());
}
TEST_F(ClientSequences, E35_Closes) {
  play(test::close_sequences());
}
TEST_F(ClientSequences, E35_LargeMessagesAndManyFragments) {
  play(test::large_sequences());
}

// --- groups 12 and 13: compressed messages ---

// What the client offers, what the server answers, and what both must then do.
struct Agreement {
  bool takeover;
  int window_bits;
  const char* answer;
  bool server_takes_over;
  bool client_takes_over;
  int server_bits;
  int client_bits;
};

constexpr Agreement kAgreements[] = {
    {false, 15, "server_no_context_takeover; client_no_context_takeover", false, false, 15, 15},
    {false, 15, "server_no_context_takeover", false, false, 15, 15},
    {false, 15,
     "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; "
     "client_max_window_bits=9",
     false, false, 9, 9},
    {false, 9,
     "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; "
     "client_max_window_bits=9",
     false, false, 9, 9},
    {true, 15, "", true, true, 15, 15},
    {true, 15, "server_no_context_takeover", false, true, 15, 15},
    {true, 15, "client_no_context_takeover", true, false, 15, 15},
    {true, 15, "client_max_window_bits=9", true, true, 15, 9},
    {true, 15, "server_max_window_bits=9", true, true, 9, 15},
    {true, 15, "server_max_window_bits=15; client_max_window_bits=15", true, true, 15, 15},
    {true, 9, "server_max_window_bits=9; client_max_window_bits=9", true, true, 9, 9},
};
constexpr std::size_t kSizes[] = {0, 16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072};
constexpr std::size_t kFragments[] = {0, 1, 1000};  // the octets in one; 0: the message is whole
constexpr int kOfEachSize = 10;

// A compressed message in frames of so many octets.
std::string compressed(const std::string& payload, std::size_t fragment) {
  std::string frames;
  std::size_t at = 0;
  do {
    const std::string part = payload.substr(at, fragment == 0 ? payload.size() : fragment);
    const unsigned first =
        (at == 0 ? 0x41U : 0U) | (at + part.size() == payload.size() ? 0x80U : 0U);
    frames += test::frame(static_cast<unsigned char>(first), part, test::Length::minimal, false);
    at += part.size();
  } while (at < payload.size());
  return frames;
}

class Deflating : public ClientSequences, public testing::WithParamInterface<Agreement> {};

TEST_P(Deflating, E35_CompressedMessages) {
  const Agreement& agreed = GetParam();
  Compression compression;
  compression.context_takeover = agreed.takeover;
  compression.window_bits = agreed.window_bits;
  const std::string more = agreed.answer;
  for (const std::size_t fragment : kFragments) {
    Echo echo(loop, server, plain(compression),
              "permessage-deflate" + (more.empty() ? "" : "; " + more));
    std::optional<test::RawDeflate> deflate;
    std::optional<test::RawInflate> inflate;
    for (const std::size_t size : kSizes) {
      SCOPED_TRACE(std::to_string(size) + " in fragments of " + std::to_string(fragment));
      for (int i = 0; i < kOfEachSize; ++i) {
        std::string text = test::talk(size, "good morning " + std::to_string(i) + ", ");
        text.resize(size);
        if (!deflate || !agreed.server_takes_over) deflate.emplace(6, agreed.server_bits);
        if (!inflate || !agreed.client_takes_over) inflate.emplace(agreed.client_bits);
        echo.peer->answer(compressed(deflate->message(text), fragment));
        const Received heard = echo.peer->hear_frame();
        const bool plain = heard.first == 0x81;
        ASSERT_TRUE(plain || heard.first == 0xC1) << heard.first << " " << heard.close_code();
        ASSERT_TRUE((plain ? heard.payload : inflate->message(heard.payload)) == text);
        EXPECT_TRUE(!plain || size < compression.threshold_bytes);
      }
    }
    echo.peer->say_close(1000);
    EXPECT_EQ(echo.peer->hear_frame().close_code(), 1000U);
  }
}

INSTANTIATE_TEST_SUITE_P(, Deflating, testing::ValuesIn(kAgreements));

TEST_F(ClientSequences, E35_WhatIsNoCompressedMessage) {
  const auto frame = [](unsigned first, std::string_view payload) {
    return test::frame(static_cast<unsigned char>(first), payload, test::Length::minimal, false);
  };
  const std::string text = test::deflated("a compressed message");
  const std::pair<std::string, unsigned> bad[] = {
      {frame(0xC9, "p"), 1002U},         // a compressed Ping
      {frame(0xC8, "\x03\xE8"), 1002U},  // a compressed Close
      {frame(0x41, text.substr(0, 4)) + frame(0xC0, text.substr(4)), 1002U},
      {frame(0x01, "plain") + frame(0xC0, text), 1002U},  // the bit behind the first fragment
      {frame(0xE1, text), 1002U},                         // another reserved bit
      {frame(0xC1, "\xFF\xFF\xFF\xFF"), 1007U},           // no DEFLATE
      {frame(0xC1, test::deflated("\xFF")), 1007U},       // no UTF-8
      {frame(0xC1, test::deflated(std::string(9 << 20, 'x'))), 1009U},
  };
  for (const auto& [bytes, code] : bad) {
    Echo echo(loop, server, plain(), "permessage-deflate; server_no_context_takeover");
    echo.peer->answer(bytes);
    EXPECT_EQ(echo.peer->hear_frame().close_code(), code)
        << test::text(base::as_bytes(bytes.substr(0, 8)));
  }
}

// Autobahn's suite has 517 sequences for a client (247 without compression).
TEST(ClientSequencesCount, E35_SequencesAreNoFewerThanTheSuites) {
  std::size_t count = 0;
  for (const auto& group :
       {test::message_sequences(), test::ping_sequences(), test::reserved_sequences(),
        test::fragmentation_sequences(), test::utf8_sequences(), test::close_sequences(),
        test::large_sequences()})
    count += group.size();
  const std::size_t plain = count;
  count += std::size(kAgreements) * std::size(kSizes) * std::size(kFragments);
  testing::Test::RecordProperty("sequences", static_cast<int>(count));
  EXPECT_GE(count, 517U);
  EXPECT_GE(plain, 247U);
}

}  // namespace
}  // namespace microframe
