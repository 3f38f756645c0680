#include "acquaintances.hpp"

#include "broken.hpp"

namespace bench {

Acquaintances::Acquaintances(std::uint32_t users)
    : users_(users),
      missing_(std::uint64_t{users} * users + users),
      names_(users),
      taken_(users),
      known_(users, std::vector<bool>(users)) {}

void Acquaintances::introduce(std::uint32_t index, std::string_view user) {
  if (!names_[index].empty()) throw Broken("a second welcome");
  const std::uint32_t number = number_of(user);
  if (user.empty() || taken_[number])
    throw Broken("two connections are the user " + std::string(user));
  taken_[number] = true;
  names_[index] = user;
  --missing_;
}

void Acquaintances::meet(std::uint32_t index, std::string_view user) {
  std::vector<bool>& known = known_[index];
  const std::uint32_t number = number_of(user);
  if (known[number]) return;
  known[number] = true;
  --missing_;
}

std::uint32_t Acquaintances::number_of(std::string_view user) {
  const auto number = static_cast<std::uint32_t>(numbers_.size());
  const auto [entry, fresh] = numbers_.try_emplace(std::string(user), number);
  if (fresh && number == users_) throw Broken("a user that nobody here is: " + std::string(user));
  return entry->second;
}

}  // namespace bench
