// Frame headers and masks by themselves. RFC 6455 §5.2, §5.3.

#include <gtest/gtest.h>

#include "proto/frame_header.hpp"
#include "proto/mask.hpp"
#include "support/bytes.hpp"

namespace microframe::proto {
namespace {

using namespace std::string_view_literals;

struct BadHeader {
  const char* name;
  std::string_view bytes;
  FrameError error;
};

constexpr BadHeader kBadHeaders[] = {
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
  for (const BadHeader& bad : kBadHeaders) {
    const auto decoded = decode_header(base::as_bytes(bad.bytes), Role::server);
    ASSERT_FALSE(decoded.ok()) << bad.name;
    EXPECT_EQ(decoded.error(), bad.error) << bad.name;
  }
  EXPECT_EQ(decode_header(base::as_bytes("\x82\x85"sv), Role::client).error(), FrameError::masked);
}

// The rules of §5.1, §5.2 and §5.5 once more, in the order of the error they give.
std::optional<FrameError> expected_error(unsigned first, unsigned second, Role role) {
  const unsigned opcode = first & 0x0F;
  if ((first & 0x70) != 0) return FrameError::reserved_bits;
  if ((opcode >= 3 && opcode <= 7) || opcode >= 11) return FrameError::unknown_opcode;
  if (opcode >= 8 && first < 0x80) return FrameError::fragmented_control;
  if (opcode >= 8 && (second & 0x7F) >= 126) return FrameError::control_too_long;
  if (role == Role::server && second < 0x80) return FrameError::not_masked;
  if (role == Role::client && second >= 0x80) return FrameError::masked;
  return std::nullopt;
}

TEST(FrameHeader, JudgesEveryStartAsTheRfcDoes) {
  for (const Role role : {Role::server, Role::client}) {
    for (unsigned start = 0; start < 0x10000; ++start) {
      const std::byte two[] = {static_cast<std::byte>(start >> 8),
                               static_cast<std::byte>(start & 0xFF)};
      const auto decoded = decode_header(two, role);
      const auto expected = expected_error(start >> 8, start & 0xFF, role);
      ASSERT_EQ(decoded.ok(), !expected) << std::hex << start;
      if (expected) {
        ASSERT_EQ(decoded.error(), *expected) << std::hex << start;
      }
    }
  }
}

struct EncodedLength {
  const char* name;
  std::string_view bytes;  // behind 0x82
  std::uint64_t length;    // kRefused: not minimal, or over 63 bits
};
constexpr std::uint64_t kRefused = ~0ULL;

// A client reads them: no mask.
constexpr EncodedLength kLengths[] = {
    {"0", "\x00"sv, 0},
    {"1", "\x01"sv, 1},
    {"124", "\x7C"sv, 124},
    {"125, the last of 7 bits", "\x7D"sv, 125},
    {"125 in 16 bits", "\x7E\x00\x7D"sv, kRefused},
    {"0 in 16 bits", "\x7E\x00\x00"sv, kRefused},
    {"126, the first of 16 bits", "\x7E\x00\x7E"sv, 126},
    {"127", "\x7E\x00\x7F"sv, 127},
    {"128", "\x7E\x00\x80"sv, 128},
    {"255", "\x7E\x00\xFF"sv, 255},
    {"256: the bytes' order", "\x7E\x01\x00"sv, 256},
    {"65535, the last of 16 bits", "\x7E\xFF\xFF"sv, 65535},
    {"65535 in 64 bits", "\x7F\0\0\0\0\0\0\xFF\xFF"sv, kRefused},
    {"126 in 64 bits", "\x7F\0\0\0\0\0\0\0\x7E"sv, kRefused},
    {"0 in 64 bits", "\x7F\0\0\0\0\0\0\0\0"sv, kRefused},
    {"65536, the first of 64 bits", "\x7F\0\0\0\0\0\1\0\0"sv, 65536},
    {"2^32", "\x7F\0\0\0\1\0\0\0\0"sv, 1ULL << 32},
    {"2^63-1, the last", "\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv, (1ULL << 63) - 1},
    {"2^63", "\x7F\x80\0\0\0\0\0\0\0"sv, kRefused},
    {"2^64-1", "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv, kRefused},
};

TEST(FrameHeader, ReadsEachLengthInItsOneForm) {  // §5.2
  for (const EncodedLength& c : kLengths) {
    const std::string bytes = "\x82" + std::string(c.bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto partial = decode_header(base::as_bytes(bytes).first(size), Role::client);
      EXPECT_TRUE(partial.ok() && !*partial) << c.name << ", " << size << " bytes of it";
    }
    const auto decoded = decode_header(base::as_bytes(bytes), Role::client);
    ASSERT_EQ(decoded.ok(), c.length != kRefused) << c.name;
    if (!decoded) continue;
    EXPECT_EQ((*decoded)->header.length, c.length) << c.name;
    EXPECT_EQ((*decoded)->size, bytes.size()) << c.name;
    EXPECT_EQ(test::text(encode_header((*decoded)->header).bytes()), bytes) << c.name;
  }
}

TEST(FrameHeader, ReadsBackWhatItWrites) {
  for (const std::uint64_t length :
       {0ULL, 1ULL, 125ULL, 126ULL, 65535ULL, 65536ULL, (1ULL << 63) - 1}) {
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
  EXPECT_EQ(
      test::text(encode_message(true, test::bytes(std::string(256, 'b'))).bytes()).substr(0, 4),
      "\x82\x7E\x01\x00"sv);
}

TEST(Mask, EqualsTheRfcsFormulaAtEverySizeAndOffset) {  // §5.3
  const MaskKey key = {std::byte{0x12}, std::byte{0x34}, std::byte{0x56}, std::byte{0x78}};
  for (std::size_t size = 0; size < 200; ++size) {
    for (std::size_t offset = 0; offset < 8; ++offset) {
      // Between other bytes, and not where words begin.
      std::vector<std::byte> bytes(size + 2, std::byte{0x5A});
      apply_mask(base::MutableBytes(bytes).subspan(1, size), key, offset);
      for (std::size_t i = 0; i < size; ++i)
        ASSERT_EQ(bytes[1 + i], std::byte{0x5A} ^ key[(i + offset) % 4]);
      ASSERT_EQ(bytes.front(), std::byte{0x5A});
      ASSERT_EQ(bytes.back(), std::byte{0x5A});
    }
  }
}

}  // namespace
}  // namespace microframe::proto
