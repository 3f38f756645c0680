// FrameWriter: writes a text frame of microframe.v1, member by member.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace microframe::v1 {

// `text`, which is UTF-8, as a JSON string.
std::string quoted(std::string_view text);

// The names of members must need no quoting.
class FrameWriter {
 public:
  explicit FrameWriter(std::string_view type) {
    out_ += R"({"t":")";
    out_ += type;
    out_ += '"';
  }
  // json: its text, taken as it is.
  FrameWriter& raw(std::string_view name, std::string_view json) {
    out_ += ",\"";
    out_ += name;
    out_ += "\":";
    out_ += json;
    return *this;
  }
  FrameWriter& text(std::string_view name, std::string_view value) {
    return raw(name, quoted(value));
  }
  FrameWriter& number(std::string_view name, std::uint64_t value) {
    return raw(name, std::to_string(value));
  }
  FrameWriter& flag(std::string_view name, bool value) {
    return raw(name, value ? "true" : "false");
  }
  // The frame's text, once.
  std::string done() {
    out_ += '}';
    return std::move(out_);
  }

 private:
  std::string out_;
};

}  // namespace microframe::v1
