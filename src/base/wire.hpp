// WireWriter and WireReader: the bytes that nodes send each other. Numbers are LEB128 (seven bits a
// byte, the lowest first); a text is its length and its bytes. What is likely to grow is written as
// one text, of which an older reader reads what it knows. No I/O; the reader trusts nobody.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace microframe::base {

class WireWriter {
 public:
  // bytes: what is written is appended to them; they outlive the writer.
  explicit WireWriter(std::string& bytes) : bytes_(bytes) {}

  void byte(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void number(std::uint64_t value);
  // Eight bytes, the lowest first.
  void fixed(std::uint64_t value);
  void text(std::string_view value);

 private:
  std::string& bytes_;
};

// After the first thing that cannot be read, everything reads as 0 or "", and ok() is false.
class WireReader {
 public:
  // bytes: outlive the reader and the texts that it gives.
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t byte();
  std::uint64_t number();
  std::uint64_t fixed();
  std::string_view text();

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  void fail();

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace microframe::base
