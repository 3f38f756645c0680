// The members of a JSON object as the ready chat sends it: strings and lists of strings, none with
// an escape.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace bench {

class JsonFields {
 public:
  // object: must outlive the JsonFields.
  // errors: Broken for anything but such an object (RFC 8259 §4).
  explicit JsonFields(std::string_view object);

  // errors: Broken unless there is exactly one such member.
  std::string_view text(std::string_view name) const;
  const std::vector<std::string_view>& list(std::string_view name) const;

 private:
  using List = std::vector<std::string_view>;

  void expect(char c);
  std::string_view read_string();
  List read_list();

  std::string_view rest_;
  std::vector<std::pair<std::string_view, std::string_view>> texts_;
  std::vector<std::pair<std::string_view, List>> lists_;
};

}  // namespace bench
