// UTF-8 by itself and as the text of messages. RFC 3629; RFC 6455 §5.6, §8.1.

#include "proto/utf8.hpp"

#include <gtest/gtest.h>

#include "support/bytes.hpp"
#include "unit/proto/events.hpp"

namespace microframe::proto {
namespace {

using namespace std::string_view_literals;
using test::frame;

struct Valid {
  const char* name;
  std::string_view text;
};

constexpr Valid kValid[] = {
    {"nothing", ""},
    {"U+0000", "\0"sv},
    {"U+007F, the last of one byte", "\x7F"},
    {"seven of ASCII", "1234567"},
    {"eight of ASCII", "12345678"},
    {"nine of ASCII", "123456789"},
    {"ASCII over many words", "ascii only, and more than eight bytes of it"},
    {"U+0080, the first of two bytes", "\xC2\x80"},
    {"U+00E9", "caf\xC3\xA9"},
    {"U+07FF, the last of two", "\xDF\xBF"},
    {"U+0800, the first of three", "\xE0\xA0\x80"},
    {"U+0FFF, the last with a narrow second byte", "\xE0\xBF\xBF"},
    {"U+1000", "\xE1\x80\x80"},
    {"U+20AC", "\xE2\x82\xAC"},
    {"U+D7FF, before the surrogates", "\xED\x9F\xBF"},
    {"U+E000, behind them", "\xEE\x80\x80"},
    {"U+FEFF, a byte order mark is text", "\xEF\xBB\xBF"},
    {"U+FFFD", "\xEF\xBF\xBD"},
    {"U+FFFE, no character, yet valid", "\xEF\xBF\xBE"},
    {"U+FFFF, the last of three", "\xEF\xBF\xBF"},
    {"U+10000, the first of four", "\xF0\x90\x80\x80"},
    {"U+1F600", "\xF0\x9F\x98\x80"},
    {"U+3FFFF", "\xF0\xBF\xBF\xBF"},
    {"U+40000", "\xF1\x80\x80\x80"},
    {"U+FFFFF", "\xF3\xBF\xBF\xBF"},
    {"U+100000", "\xF4\x80\x80\x80"},
    {"U+10FFFF, the last of all", "\xF4\x8F\xBF\xBF"},
    {"Greek", "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5"},
    {"three bytes between words of ASCII",
     "12345678\xE2\x82\xAC"
     "12345678"},
    {"each length in turn", "a\xC2\x80\xE0\xA0\x80\xF0\x90\x80\x80z"},
};

struct Invalid {
  const char* name;
  std::string_view text;
  std::size_t bad_at;  // the first byte that no valid text can hold there
};

constexpr Invalid kInvalid[] = {
    {"a continuation first", "\x80", 0},
    {"the last continuation first", "\xBF", 0},
    {"a continuation too many", "\xC3\xA9\x80", 2},
    {"continuations only", "\x80\xBF\x80\xBF", 0},
    {"C0: overlong U+0000", "\xC0\x80", 0},
    {"C0: overlong slash", "\xC0\xAF", 0},
    {"C1: overlong U+007F", "\xC1\xBF", 0},
    {"E0: overlong U+0000", "\xE0\x80\x80", 1},
    {"E0: overlong slash", "\xE0\x80\xAF", 1},
    {"E0: overlong U+07FF", "\xE0\x9F\xBF", 1},
    {"F0: overlong U+0000", "\xF0\x80\x80\x80", 1},
    {"F0: overlong slash", "\xF0\x80\x80\xAF", 1},
    {"F0: overlong U+FFFF", "\xF0\x8F\xBF\xBF", 1},
    {"U+D800, the first surrogate", "\xED\xA0\x80", 1},
    {"U+DB7F", "\xED\xAD\xBF", 1},
    {"U+DC00", "\xED\xB0\x80", 1},
    {"U+DFFF, the last surrogate", "\xED\xBF\xBF", 1},
    {"a pair of surrogates (CESU-8)", "\xED\xA0\xBD\xED\xB8\x80", 1},
    {"U+110000, the first beyond", "\xF4\x90\x80\x80", 1},
    {"U+13FFFF", "\xF4\xBF\xBF\xBF", 1},
    {"F5", "\xF5\x80\x80\x80", 0},
    {"F7", "\xF7\xBF\xBF\xBF", 0},
    {"F8: five bytes", "\xF8\x88\x80\x80\x80", 0},
    {"FC: six bytes", "\xFC\x84\x80\x80\x80\x80", 0},
    {"FE", "\xFE", 0},
    {"FF", "\xFF", 0},
    {"two bytes, not continued", "\xC3(", 1},
    {"two bytes, begun anew", "\xC3\xC3\xA9", 1},
    {"three bytes, not continued", "\xE2\x82(", 2},
    {"three bytes, not continued at once", "\xE2(\xAC", 1},
    {"four bytes, not continued", "\xF0\x9F\x98(", 3},
    {"four bytes, begun anew", "\xF0\x9F\xF0\x9F", 2},
    {"behind Greek", "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xED\xA0\x80", 8},
    {"in the middle of a word of ASCII",
     "123\xFF"
     "5678",
     3},
    {"behind a word of ASCII",
     "12345678\xFF"
     "12345678",
     8},
    {"in the tail behind whole words", "1234567890\x80", 10},
    {"UTF-16", "\xFF\xFEH\0"sv, 0},
    {"Latin-1", "caf\xE9 au lait", 4},
};

constexpr Valid kUnfinished[] = {
    {"one of two", "\xC3"},
    {"one of three", "\xE2"},
    {"two of three", "\xE2\x82"},
    {"one of four", "\xF0"},
    {"two of four", "\xF0\x9F"},
    {"three of four", "\xF0\x9F\x98"},
    {"behind ASCII", "1234567890\xF0"},
    {"behind a character", "\xC3\xA9\xC3"},
};

TEST(Utf8, AcceptsWhatRfc3629Allows) {
  for (const Valid& c : kValid) {
    EXPECT_TRUE(is_utf8(base::as_bytes(c.text))) << c.name;
    for (std::size_t cut = 0; cut <= c.text.size(); ++cut) {
      Utf8Validator validator;
      EXPECT_TRUE(validator.feed(base::as_bytes(c.text.substr(0, cut))) &&
                  validator.feed(base::as_bytes(c.text.substr(cut))) && validator.complete())
          << c.name << ", cut at " << cut;
    }
  }
}

TEST(Utf8, RefusesTheRestAtItsFirstBadByte) {
  for (const Invalid& c : kInvalid) {
    EXPECT_FALSE(is_utf8(base::as_bytes(c.text))) << c.name;
    for (std::size_t cut = 0; cut <= c.bad_at; ++cut) {
      Utf8Validator validator;
      EXPECT_TRUE(validator.feed(base::as_bytes(c.text.substr(0, cut)))) << c.name;
      EXPECT_TRUE(validator.feed(base::as_bytes(c.text.substr(cut, c.bad_at - cut)))) << c.name;
      EXPECT_FALSE(validator.feed(base::as_bytes(c.text.substr(c.bad_at, 1)))) << c.name;
    }
  }
}

TEST(Utf8, TellsUnfinishedTextFromBadText) {
  for (const Valid& c : kUnfinished) {
    Utf8Validator validator;
    EXPECT_TRUE(validator.feed(base::as_bytes(c.text))) << c.name;
    EXPECT_FALSE(validator.complete()) << c.name;
    EXPECT_FALSE(is_utf8(base::as_bytes(c.text))) << c.name;
  }
}

// Long text is read by many bytes at a time: what is good or bad is so wherever it stands in it.
TEST(Utf8, JudgesTheSameAtEveryPlaceOfALongText) {
  for (std::size_t before = 0; before < 150; ++before) {
    const std::string ahead(before, 'x');
    for (const std::size_t behind : {0U, 1U, 7U, 8U, 70U, 150U}) {
      const std::string rest(behind, 'y');
      for (const Valid& c : kValid)
        ASSERT_TRUE(is_utf8(base::as_bytes(ahead + std::string(c.text) + rest)))
            << c.name << " at " << before;
      for (const Invalid& c : kInvalid)
        ASSERT_FALSE(is_utf8(base::as_bytes(ahead + std::string(c.text) + rest)))
            << c.name << " at " << before;
      for (const Valid& c : kUnfinished)
        ASSERT_FALSE(is_utf8(base::as_bytes(ahead + std::string(c.text) + rest)))
            << c.name << " at " << before;
    }
  }
}

// RFC 3629 §3: the bytes of a code point.
std::string encode(unsigned point) {
  const auto byte = [](unsigned value) { return static_cast<char>(value); };
  const auto rest = [&](int shift) { return byte(0x80 | (point >> shift & 0x3F)); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xC0 | point >> 6), rest(0)};
  if (point < 0x10000) return {byte(0xE0 | point >> 12), rest(6), rest(0)};
  return {byte(0xF0 | point >> 18), rest(12), rest(6), rest(0)};
}

TEST(Utf8, AcceptsEveryCodePointAndNoSurrogate) {
  for (unsigned point = 0; point < 0x110000; ++point) {
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    ASSERT_EQ(is_utf8(base::as_bytes(encode(point))), !surrogate) << std::hex << point;
  }
  for (unsigned point = 0x110000; point < 0x200000; ++point) {
    ASSERT_FALSE(is_utf8(base::as_bytes(encode(point)))) << std::hex << point;
  }
}

TEST(Utf8, AgreesWithTheDefinitionOnEveryThreeBytes) {
  // §4's table for three bytes; what is shorter or longer has another first byte.
  const auto continues = [](unsigned byte) { return byte >= 0x80 && byte <= 0xBF; };
  for (unsigned a = 0xE0; a < 0xF0; ++a) {
    for (unsigned rest = 0; rest < 0x10000; ++rest) {
      const unsigned b = rest >> 8;
      const unsigned c = rest & 0xFF;
      const char three[] = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)};
      const bool expected =
          continues(b) && continues(c) && (a != 0xE0 || b >= 0xA0) && (a != 0xED || b <= 0x9F);
      ASSERT_EQ(is_utf8(base::as_bytes({three, 3})), expected) << std::hex << a << ' ' << rest;
    }
  }
}

// One message of one byte a fragment.
std::string fragmented(std::string_view text) {
  std::string input;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool last = i + 1 == text.size();
    input += frame(static_cast<unsigned char>((i == 0 ? 0x01 : 0x00) | (last ? 0x80 : 0x00)),
                   text.substr(i, 1));
  }
  return input;
}

TEST(Text, IsDeliveredWholeAndInFragmentsOfOneByte) {
  for (const Valid& c : kValid) {
    SCOPED_TRACE(c.name);
    expect_events(frame(0x81, c.text), {"text:" + std::string(c.text)});
    if (!c.text.empty()) expect_events(fragmented(c.text), {"text:" + std::string(c.text)});
  }
}

TEST(Text, FailsWith1007WholeAndInFragmentsOfOneByte) {
  for (const Invalid& c : kInvalid) {
    SCOPED_TRACE(c.name);
    expect_events(frame(0x81, c.text), {"failed:1007"});
    expect_events(fragmented(c.text), {"failed:1007"});
  }
  for (const Valid& c : kUnfinished) {
    SCOPED_TRACE(c.name);
    expect_events(frame(0x81, c.text), {"failed:1007"});
    expect_events(fragmented(c.text), {"failed:1007"});
  }
}

TEST(Text, FailsAtTheBadByteOfAFrameThatIsNotWhole) {
  for (const Invalid& c : kInvalid) {
    // As a message of 125 bytes, of which all up to the bad one have come.
    const std::string whole =
        frame(0x81, std::string(c.text) + std::string(125 - c.text.size(), 'x'));
    const std::string good = whole.substr(0, 6 + c.bad_at);
    EXPECT_EQ(run(good, {}, Role::server, {}), std::vector<std::string>{}) << c.name;
    EXPECT_EQ(run(whole.substr(0, good.size() + 1), {}, Role::server, {}),
              std::vector<std::string>{"failed:1007"})
        << c.name;
  }
}

TEST(Text, BinaryIsNeverJudged) {
  for (const Invalid& c : kInvalid) {
    expect_events(frame(0x82, c.text), {"binary:" + std::string(c.text)});
  }
}

}  // namespace
}  // namespace microframe::proto
