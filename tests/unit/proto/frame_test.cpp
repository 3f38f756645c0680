// Frame headers, masks and UTF-8 by themselves. RFC 6455 §5.2, §5.3; RFC 3629.

#include <gtest/gtest.h>

#include "proto/frame_header.hpp"
#include "proto/mask.hpp"
#include "proto/utf8.hpp"
#include "support/bytes.hpp"

namespace microframe::proto {
namespace {

using namespace std::string_view_literals;

struct BadHeader {
  const char* name;
  std::string_view bytes;
  FrameError error;
};

constexpr BadHeader kBad[] = {
    {"§5.5 fragmented ping", "\x09\x80\0\0\0\0"sv, FrameError::fragmented_control},
    {"§5.5 long ping", "\x89\xFE\x00\x7E"sv, FrameError::control_too_long},
    {"§5.2 five bytes as u16", "\x82\xFE\x00\x05"sv, FrameError::length_not_minimal},
    {"§5.2 five bytes as u64", "\x82\xFF\0\0\0\0\0\0\0\x05"sv, FrameError::length_not_minimal},
    {"§5.2 top bit", "\x82\xFF\x80\0\0\0\0\0\0\0"sv, FrameError::length_too_long},
    {"§5.2 RSV1", "\xC2\x80"sv, FrameError::reserved_bits},
    {"§5.2 opcode 3", "\x83\x80"sv, FrameError::unknown_opcode},
    {"§5.1 not masked", "\x82\x05"sv, FrameError::not_masked},
};

TEST(FrameHeader, RefusesWhatTheRfcForbids) {
  for (const BadHeader& bad : kBad) {
    const auto decoded = decode_header(base::as_bytes(bad.bytes), Role::server);
    ASSERT_FALSE(decoded.ok()) << bad.name;
    EXPECT_EQ(decoded.error(), bad.error) << bad.name;
  }
  EXPECT_EQ(decode_header(base::as_bytes("\x82\x85"sv), Role::client).error(), FrameError::masked);
}

TEST(FrameHeader, ReadsBackWhatItWrites) {
  for (const std::uint64_t length : {0ULL, 1ULL, 125ULL, 126ULL, 65535ULL, 65536ULL, (1ULL << 63) - 1}) {
    for (const bool fin : {true, false}) {
      FrameHeader header;
      header.opcode = Opcode::binary;
      header.fin = fin;
      header.length = length;
      header.mask = MaskKey{std::byte{9}, std::byte{8}, std::byte{7}, std::byte{6}};
      const HeaderBytes encoded = encode_header(header);
      for (std::size_t size = 0; size < encoded.size; ++size) {
        const auto partial = decode_header(encoded.bytes().first(size), Role::server);
        ASSERT_TRUE(partial.ok());
        EXPECT_FALSE(partial.value().has_value());
      }
      const auto decoded = decode_header(encoded.bytes(), Role::server);
      ASSERT_TRUE(decoded.ok() && decoded.value());
      EXPECT_EQ((*decoded)->size, encoded.size);
      EXPECT_EQ((*decoded)->header.length, length);
      EXPECT_EQ((*decoded)->header.fin, fin);
      EXPECT_EQ((*decoded)->header.mask, header.mask);
    }
  }
}

TEST(FrameHeader, EncodesTheRfcsExamples) {  // §5.7
  EXPECT_EQ(test::text(encode_message(false, base::as_bytes("Hello")).bytes()), "\x81\x05Hello");
  const MaskKey key = {std::byte{0x37}, std::byte{0xFA}, std::byte{0x21}, std::byte{0x3D}};
  EXPECT_EQ(test::text(encode_masked_message(false, base::as_bytes("Hello"), key).bytes()),
            "\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58");
  EXPECT_EQ(test::text(encode_message(true, test::bytes(std::string(256, 'b'))).bytes()).substr(0, 4),
            "\x82\x7E\x01\x00"sv);
}

TEST(Mask, EqualsTheRfcsFormulaAtEverySizeAndOffset) {  // §5.3
  const MaskKey key = {std::byte{0x12}, std::byte{0x34}, std::byte{0x56}, std::byte{0x78}};
  for (std::size_t size = 0; size < 70; ++size) {
    for (std::size_t offset = 0; offset < 8; ++offset) {
      std::vector<std::byte> payload(size, std::byte{0x5A});
      apply_mask(payload, key, offset);
      for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(payload[i], std::byte{0x5A} ^ key[(i + offset) % 4]);
    }
  }
}

constexpr std::string_view kValid[] = {
    "",
    "ascii only, and more than eight bytes of it",
    "\xC2\x80",
    "\xDF\xBF",
    "\xE0\xA0\x80",
    "\xED\x9F\xBF",
    "\xEE\x80\x80",
    "\xEF\xBF\xBF",
    "\xF0\x90\x80\x80",
    "\xF4\x8F\xBF\xBF",
    "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5",
    "12345678\xE2\x82\xAC"
    "12345678",
};
constexpr std::string_view kInvalid[] = {
    "\x80",  // a continuation first
    "\xBF",
    "\xC0\x80",  // overlong
    "\xC1\xBF",
    "\xE0\x80\x80",
    "\xE0\x9F\xBF",
    "\xF0\x80\x80\x80",
    "\xF0\x8F\xBF\xBF",
    "\xED\xA0\x80",  // surrogates
    "\xED\xBF\xBF",
    "\xF4\x90\x80\x80",  // beyond U+10FFFF
    "\xF5\x80\x80\x80",
    "\xF8\x88\x80\x80\x80",
    "\xFE",
    "\xFF",
    "\xC3(",  // not continued
    "\xE2\x82(",
    "\xF0\x9F\x98(",
    "12345678\xFF"
    "12345678",
};
constexpr std::string_view kUnfinished[] = {"\xC3", "\xE2", "\xE2\x82", "\xF0\x9F\x98", "1234567890\xF0"};

TEST(Utf8, TakesWhatRfc3629Allows) {
  for (const auto text : kValid) {
    EXPECT_TRUE(is_utf8(base::as_bytes(text))) << text;
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      Utf8Validator validator;
      EXPECT_TRUE(validator.feed(base::as_bytes(text.substr(0, cut))) &&
                  validator.feed(base::as_bytes(text.substr(cut))) && validator.complete());
    }
  }
}

TEST(Utf8, RefusesEverythingElseHoweverCut) {
  for (const auto text : kInvalid) {
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      Utf8Validator validator;
      EXPECT_FALSE(validator.feed(base::as_bytes(text.substr(0, cut))) &&
                   validator.feed(base::as_bytes(text.substr(cut))));
    }
  }
  for (const auto text : kUnfinished) {
    Utf8Validator validator;
    EXPECT_TRUE(validator.feed(base::as_bytes(text)));
    EXPECT_FALSE(validator.complete());
  }
}

TEST(Utf8, AgreesWithTheDefinitionOnEveryTwoBytesAndEveryStartOfThree) {
  const auto valid3 = [](unsigned a, unsigned b, unsigned c) {
    if (c < 0x80 || c > 0xBF || b < 0x80 || b > 0xBF || a < 0xE0 || a > 0xEF) return false;
    return (a != 0xE0 || b >= 0xA0) && (a != 0xED || b <= 0x9F);
  };
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      const char two[] = {static_cast<char>(a), static_cast<char>(b)};
      const bool expected = (a < 0x80 && b < 0x80) || (a >= 0xC2 && a <= 0xDF && b >= 0x80 && b <= 0xBF);
      EXPECT_EQ(is_utf8(base::as_bytes({two, 2})), expected) << a << ' ' << b;
      const char three[] = {static_cast<char>(a), static_cast<char>(b), '\x80'};
      if (a < 0xE0 || a > 0xEF) continue;
      EXPECT_EQ(is_utf8(base::as_bytes({three, 3})), valid3(a, b, 0x80));
    }
  }
}

}  // namespace
}  // namespace microframe::proto
