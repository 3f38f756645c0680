#include "json_fields.hpp"

#include <string>

#include "broken.hpp"

namespace bench {
namespace {

template <class Member>
const Member& only(const std::vector<std::pair<std::string_view, Member>>& members,
                   std::string_view name) {
  const Member* found = nullptr;
  for (const auto& [key, value] : members) {
    if (key != name) continue;
    if (found) throw Broken("a message with two members " + std::string(name));
    found = &value;
  }
  if (!found) throw Broken("a message without its " + std::string(name));
  return *found;
}

}  // namespace

JsonFields::JsonFields(std::string_view object) : rest_(object) {
  expect('{');
  while (true) {
    const std::string_view name = read_string();
    expect(':');
    if (rest_.starts_with('[')) {
      lists_.emplace_back(name, read_list());
    } else {
      texts_.emplace_back(name, read_string());
    }
    if (!rest_.starts_with(',')) break;
    expect(',');
  }
  expect('}');
  if (!rest_.empty()) throw Broken("something behind a message's object");
}

std::string_view JsonFields::text(std::string_view name) const {
  return only(texts_, name);
}

const std::vector<std::string_view>& JsonFields::list(std::string_view name) const {
  return only(lists_, name);
}

void JsonFields::expect(char c) {
  if (!rest_.starts_with(c)) throw Broken("not the JSON of a chat message: " + std::string(rest_));
  rest_.remove_prefix(1);
}

std::string_view JsonFields::read_string() {
  expect('"');
  const std::string_view content = rest_.substr(0, rest_.find_first_of("\"\\"));
  rest_.remove_prefix(content.size());
  expect('"');
  return content;
}

JsonFields::List JsonFields::read_list() {
  List list;
  expect('[');
  while (!rest_.starts_with(']')) {
    if (!list.empty()) expect(',');
    list.push_back(read_string());
  }
  expect(']');
  return list;
}

}  // namespace bench
