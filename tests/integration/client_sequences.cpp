#include "integration/client_sequences.hpp"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "support/bytes.hpp"

namespace test {
namespace {

using Sequences = std::vector<Sequence>;

constexpr unsigned char kText = 1;
constexpr unsigned char kBinary = 2;
constexpr unsigned kProtocolError = 1002;
constexpr unsigned kInvalidPayload = 1007;

std::string unmasked(unsigned first, std::string_view payload) {
  return frame(static_cast<unsigned char>(first), payload, Length::minimal, false);
}
std::string text_frame(std::string_view text) {
  return unmasked(0x80 | kText, text);
}
std::string ping(std::string_view payload) {
  return unmasked(0x89, payload);
}
std::string close_frame(unsigned code, std::string_view reason = {}) {
  const char bytes[] = {static_cast<char>(code >> 8), static_cast<char>(code)};
  return unmasked(0x88, std::string(bytes, 2) + std::string(reason));
}
Received echo(std::string text, unsigned char opcode = kText) {
  return {0x80U | opcode, std::move(text)};
}
Received pong(std::string payload) {
  return {0x8A, std::move(payload)};
}

std::vector<std::string> pieces(std::string_view bytes, std::size_t size) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at < bytes.size(); at += size) all.emplace_back(bytes.substr(at, size));
  return all;
}
// One frame a fragment.
std::vector<std::string> fragments(unsigned char opcode, const std::vector<std::string>& parts) {
  std::vector<std::string> frames;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const unsigned fin = i + 1 == parts.size() ? 0x80 : 0;
    frames.push_back(unmasked(fin | (i == 0 ? opcode : 0U), parts[i]));
  }
  return frames;
}
std::string joined(const std::vector<std::string>& frames) {
  std::string all;
  for (const std::string& frame : frames) all += frame;
  return all;
}
std::string filled(std::size_t size) {
  std::string content;
  for (std::size_t i = 0; content.size() < size; ++i) content += std::to_string(i * 7919) + ' ';
  content.resize(size);
  return content;
}
const char* word(unsigned char opcode) {
  return opcode == kText ? "text" : "binary";
}

// The same bytes by one call, and octet by octet.
void add_both_ways(Sequences& all, Sequence sequence) {
  const std::string bytes = joined(sequence.said);
  sequence.said = {bytes};
  all.push_back(sequence);
  sequence.name += ", in octets";
  sequence.said = pieces(bytes, 1);
  all.push_back(std::move(sequence));
}

}  // namespace

Sequences message_sequences() {
  Sequences all;
  for (const unsigned char opcode : {kText, kBinary}) {
    for (const std::size_t size : {0, 1, 125, 126, 127, 128, 65535, 65536, 65537}) {
      const std::string content = filled(size);
      const std::string bytes = unmasked(0x80U | opcode, content);
      const std::string name = std::string(word(opcode)) + " of " + std::to_string(size);
      all.push_back({name, {bytes}, {echo(content, opcode)}, {}});
      all.push_back({name + " in chops", pieces(bytes, 997), {echo(content, opcode)}, {}});
    }
  }
  return all;
}

Sequences ping_sequences() {
  Sequences all;
  const std::string octets("\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF", 8);
  for (const std::string& payload :
       {std::string(), std::string("Hello"), octets, std::string(125, '\xFE')})
    add_both_ways(
        all, {"a Ping of " + std::to_string(payload.size()), {ping(payload)}, {}, {pong(payload)}});
  all.push_back({"a Ping of 126", {ping(std::string(126, 'x'))}, {}, {}, kProtocolError});
  for (const char* payload : {"", "unasked"}) {
    const std::string unasked = unmasked(0x8A, payload);
    all.push_back({"a Pong that nobody asked for", {unasked}, {}, {}});
    all.push_back({"a Pong and a Ping", {unasked + ping("p")}, {}, {pong("p")}});
  }
  Sequence ten{"ten Pings", {}, {}, {}};
  for (int i = 0; i < 10; ++i) {
    ten.said.push_back(ping("payload " + std::to_string(i)));
    ten.pongs.push_back(pong("payload " + std::to_string(i)));
  }
  add_both_ways(all, std::move(ten));
  return all;
}

Sequences reserved_sequences() {
  Sequences all;
  const auto add = [&](const std::string& name, const std::string& bad) {
    all.push_back({name, {bad}, {}, {}, kProtocolError});
    add_both_ways(all, {name + " behind a message",
                        {text_frame("good"), bad, ping("p")},
                        {echo("good")},
                        {},
                        kProtocolError});
  };
  for (unsigned bits = 1; bits <= 7; ++bits) {
    const std::string name = "reserved bits " + std::to_string(bits);
    for (const unsigned opcode : {1U, 2U, 8U, 9U, 10U})
      add(name + ", opcode " + std::to_string(opcode),
          unmasked(0x80 | bits << 4 | opcode, opcode == 8 ? "\x03\xE8" : "x"));
  }
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    for (const char* payload : {"", "payload"})
      add("opcode " + std::to_string(opcode) + " " + payload, unmasked(0x80 | opcode, payload));
  }
  add("a masked frame", frame(0x81, "masked"));
  add("a length of two octets that one would hold", frame(0x81, "short", Length::two, false));
  add("a length of eight octets that two would hold",
      frame(0x81, std::string(200, 'x'), Length::eight, false));
  return all;
}

Sequences fragmentation_sequences() {
  Sequences all;
  const auto good = [&](std::string name, std::vector<std::string> said,
                        std::vector<Received> messages, std::vector<Received> pongs = {}) {
    add_both_ways(all, {std::move(name), std::move(said), std::move(messages), std::move(pongs)});
  };
  const auto bad = [&](std::string name, std::vector<std::string> said,
                       std::vector<Received> messages = {}) {
    add_both_ways(all, {std::move(name), std::move(said), std::move(messages), {}, kProtocolError});
  };
  const std::string first = unmasked(kText, "frag");
  const std::string middle = unmasked(0x00, "-");
  const std::string last = unmasked(0x80, "ment");
  bad("a fragmented Ping", {unmasked(0x09, "frag"), last});
  bad("a fragmented Pong", {unmasked(0x0A, "frag"), last});
  bad("a fragmented Close", {unmasked(0x08, "\x03\xE8"), last});
  for (const unsigned char opcode : {kText, kBinary}) {
    const std::string begin = unmasked(opcode, "frag");
    good(std::string(word(opcode)) + " in two", {begin, last}, {echo("fragment", opcode)});
    good(std::string(word(opcode)) + " in three", {begin, middle, last},
         {echo("frag-ment", opcode)});
    good("a Ping in between", {begin, ping("p"), last}, {echo("fragment", opcode)}, {pong("p")});
    good("a Pong in between", {begin, unmasked(0x8A, "p"), last}, {echo("fragment", opcode)});
    good("empty fragments", {unmasked(opcode, ""), unmasked(0, ""), unmasked(0x80, "")},
         {echo("", opcode)});
    good("an empty first and last one", {unmasked(opcode, ""), middle, unmasked(0x80, "")},
         {echo("-", opcode)});
  }
  good("Pings behind each fragment", {first, ping("1"), middle, ping("2"), middle, ping("3"), last},
       {echo("frag--ment")}, {pong("1"), pong("2"), pong("3")});
  good("two messages and Pings", {first, ping("1"), last, ping("2"), first, last},
       {echo("fragment"), echo("fragment")}, {pong("1"), pong("2")});
  for (const unsigned fin : {0U, 0x80U}) {
    const std::string lonely = unmasked(fin, "lonely");
    bad("a continuation of nothing", {lonely, text_frame("next")});
    bad("a continuation behind a whole message", {text_frame("whole"), lonely, text_frame("next")},
        {echo("whole")});
    bad("a continuation behind the last", {first, last, lonely}, {echo("fragment")});
    bad("a message within a message", {first, unmasked(fin | kText, "another"), last});
    bad("a binary one within a text", {first, unmasked(fin | kBinary, "another"), last});
  }
  return all;
}

namespace {

constexpr std::string_view kValid[] = {
    "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5"sv,  // Greek
    "Hello-\xC2\xB5@\xC3\x9F\xC3\xB6\xC3\xA4\xC3\xBC\xC3\xA0\xC3\xA1-UTF-8!!"sv,
    "\0"sv,
    "\x7F"sv,
    "\xC2\x80"sv,
    "\xDF\xBF"sv,
    "\xE0\xA0\x80"sv,
    "\xED\x9F\xBF"sv,  // the last before the surrogates
    "\xEE\x80\x80"sv,  // the first behind them
    "\xEF\xBF\xBD"sv,
    "\xEF\xBF\xBE"sv,  // noncharacters are characters of UTF-8
    "\xEF\xBF\xBF"sv,
    "\xEF\xBB\xBF with a mark"sv,
    "\xF0\x90\x80\x80"sv,
    "\xF0\x9F\xBF\xBE"sv,
    "\xF3\xBF\xBF\xBF"sv,
    "\xF4\x8F\xBF\xBF"sv,  // U+10FFFF
    "\xF0\x9F\x98\x80 and \xF0\x9F\x98\x81"sv,
};

// Each must be refused at its last octet at the latest, whatever comes behind it.
constexpr std::string_view kInvalid[] = {
    "\x80"sv,  // continuations of nothing
    "\xBF"sv,
    "ok \x80\xBF"sv,
    "\xC0\x80"sv,  // longer than they need be
    "\xC1\xBF"sv,
    "\xE0\x80"sv,
    "\xE0\x9F"sv,
    "\xF0\x80"sv,
    "\xF0\x8F"sv,
    "\xF8"sv,  // of five and six octets
    "\xF8\x88\x80\x80\x80"sv,
    "\xFC\x84\x80\x80\x80\x80"sv,
    "\xFE"sv,
    "\xFF"sv,
    "\xED\xA0"sv,  // surrogates
    "\xED\xAF"sv,
    "\xED\xB0"sv,
    "\xED\xBF"sv,
    "\xF4\x90"sv,  // past U+10FFFF
    "\xF4\xBF"sv,
    "\xF5"sv,
    "\xF7\xBF\xBF\xBF"sv,
    "\xC2 "sv,  // another character where a continuation is due
    "\xC2\xC2"sv,
    "\xE1\x80 "sv,
    "\xE1\x80\xE1"sv,
    "\xF1\x80\x80 "sv,
    "\xF1\x80\x80\xF1"sv,
    "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80"sv,
    "Hello-\xC2\xB5\xF4\x90\x80\x80"sv,
};

constexpr std::string_view kUnfinished[] = {
    "\xC2"sv,     "\xDF"sv,         "\xE0\xA0"sv, "\xE1"sv,         "\xED\x9F"sv,   "\xEF\xBF"sv,
    "\xF0\x90"sv, "\xF0\x90\x80"sv, "\xF1"sv,     "\xF4\x8F\xBF"sv, "begun \xCE"sv,
};

std::string hex(std::string_view bytes) {
  std::string digits;
  for (const char byte : bytes) {
    for (const unsigned half : {static_cast<unsigned char>(byte) >> 4, byte & 15})
      digits += "0123456789abcdef"[half];
  }
  return digits;
}

// A text whole, in octets, in fragments of one octet, and cut before its last octet.
void add_text(Sequences& all, std::string_view text, const Sequence& outcome) {
  const auto add = [&](const std::string& how, std::vector<std::string> said,
                       std::vector<Received> pongs = {}) {
    Sequence sequence = outcome;
    sequence.name += " " + hex(text) + " " + how;
    sequence.said = std::move(said);
    sequence.pongs = std::move(pongs);
    all.push_back(std::move(sequence));
  };
  add("whole", {text_frame(text)});
  add("in octets", pieces(text_frame(text), 1));
  add("in fragments of one octet", {joined(fragments(kText, pieces(text, 1)))});
  if (text.size() < 2) return;
  const std::string head(text.substr(0, text.size() - 1));
  const std::string tail(text.substr(text.size() - 1));
  add("cut before its last octet", fragments(kText, {head, tail}));
  if (outcome.name == "invalid") return;  // as it may be before the Ping
  add("with a Ping before its last octet",
      {unmasked(kText, head) + ping("p") + unmasked(0x80, tail)}, {pong("p")});
}

}  // namespace

Sequences utf8_sequences() {
  Sequences all;
  for (const std::string_view text : kValid)
    add_text(all, text, {"valid", {}, {echo(std::string(text))}, {}});
  for (const std::string_view text : kInvalid) {
    add_text(all, text, {"invalid", {}, {}, {}, kInvalidPayload});
    // It is refused before the rest of the frame has come, or that of the message.
    const std::string begun = unmasked(0x80 | kText, std::string(text) + "the rest");
    all.push_back({"refused at once: " + hex(text),
                   {begun.substr(0, begun.size() - 8)},
                   {},
                   {},
                   kInvalidPayload});
    all.push_back({"refused in its fragment: " + hex(text),
                   {unmasked(kText, text)},
                   {},
                   {},
                   kInvalidPayload});
  }
  for (const std::string_view text : kUnfinished)
    add_text(all, text, {"unfinished", {}, {}, {}, kInvalidPayload});
  for (const std::string_view text : kInvalid)
    all.push_back({"in a binary message: " + hex(text),
                   {unmasked(0x80 | kBinary, text)},
                   {echo(std::string(text), kBinary)},
                   {}});
  return all;
}

Sequences close_sequences() {
  Sequences all;
  constexpr unsigned kNone = 1005;
  const std::string normal = close_frame(1000);
  all.push_back({"a message and a Close", {text_frame("m") + normal}, {echo("m")}, {}, 1000});
  all.push_back({"two Closes", {normal + normal}, {}, {}, 1000});
  all.push_back({"a Ping behind the Close", {normal + ping("p")}, {}, {}, 1000});
  all.push_back({"a message behind the Close", {normal + text_frame("m")}, {}, {}, 1000});
  all.push_back({"a bad frame behind the Close", {normal + unmasked(0x83, "")}, {}, {}, 1000});
  all.push_back({"a Close within a message",
                 {unmasked(kText, "frag") + normal + unmasked(0x80, "ment")},
                 {},
                 {},
                 1000});
  const std::string large = filled(256 * 1024);
  all.push_back({"a large message, a Close and a Ping",
                 {text_frame(large) + normal + ping("p")},
                 {echo(large)},
                 {},
                 1000});
  add_both_ways(all, {"an empty Close", {unmasked(0x88, "")}, {}, {}, kNone});
  add_both_ways(all, {"a Close of one octet", {unmasked(0x88, "x")}, {}, {}, kProtocolError});
  for (const std::string& reason : {std::string(), std::string("Hello World!"),
                                    std::string(123, '*'), std::string("\xCE\xBA\xE1\xBD\xB9")})
    add_both_ways(all, {"a reason of " + std::to_string(reason.size()),
                        {close_frame(1000, reason)},
                        {},
                        {},
                        1000});
  all.push_back(
      {"a reason of 124", {close_frame(1000, std::string(124, '*'))}, {}, {}, kProtocolError});
  for (const std::string_view reason : kInvalid)
    all.push_back({"a reason that is no UTF-8: " + hex(reason),
                   {close_frame(1000, reason)},
                   {},
                   {},
                   kInvalidPayload});
  for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 1012U,
                              1013U, 1014U, 3000U, 3999U, 4000U, 4999U}) {
    all.push_back({"code " + std::to_string(code), {close_frame(code)}, {}, {}, code});
    all.push_back(
        {"code and reason " + std::to_string(code), {close_frame(code, "because")}, {}, {}, code});
  }
  for (const unsigned code : {0U, 1U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 1999U, 2000U,
                              2999U, 5000U, 65535U}) {
    all.push_back({"code " + std::to_string(code), {close_frame(code)}, {}, {}, kProtocolError});
    all.push_back({"code and reason " + std::to_string(code),
                   {close_frame(code, "because")},
                   {},
                   {},
                   kProtocolError});
  }
  return all;
}

Sequences large_sequences() {
  Sequences all;
  constexpr std::size_t kKiB = 1024;
  for (const unsigned char opcode : {kText, kBinary}) {
    const auto add = [&](const std::string& how, std::vector<std::string> said,
                         const std::string& content) {
      all.push_back({std::string(word(opcode)) + " of " + std::to_string(content.size()) + how,
                     std::move(said),
                     {echo(content, opcode)},
                     {}});
    };
    for (const std::size_t size : {64 * kKiB, 256 * kKiB, 1024 * kKiB, 4096 * kKiB}) {
      const std::string content = filled(size);
      add("", {unmasked(0x80U | opcode, content)}, content);
    }
    const std::string content = filled(256 * kKiB);
    for (const std::size_t size :
         {std::size_t{64}, std::size_t{256}, kKiB, 4 * kKiB, 16 * kKiB, 64 * kKiB, 256 * kKiB})
      add(" in fragments of " + std::to_string(size),
          {joined(fragments(opcode, pieces(content, size)))}, content);
    const std::string bytes = unmasked(0x80U | opcode, content);
    for (const std::size_t size :
         {std::size_t{64}, std::size_t{128}, std::size_t{256}, std::size_t{512}, kKiB, 2 * kKiB})
      add(" in chops of " + std::to_string(size), pieces(bytes, size), content);
    const std::string split = filled(64 * kKiB);
    add(" in fragments of 1300", fragments(opcode, pieces(split, 1300)), split);
  }
  return all;
}

}  // namespace test
