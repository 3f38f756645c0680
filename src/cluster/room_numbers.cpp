#include "cluster/room_numbers.hpp"

#include <utility>

namespace microframe::cluster {
namespace {

// What a node of a std::map takes beside its value.
constexpr std::size_t kMapNodeBytes = 48;

}  // namespace

std::uint32_t RoomNumbers::HashOfPlace::operator()(const char* block) const {
  // Blocks are 16 bytes apart at least (Fibonacci hashing: Knuth, 6.4).
  const auto place = reinterpret_cast<std::uintptr_t>(block) >> 4;
  return static_cast<std::uint32_t>((place * 0x9E3779B97F4A7C15) >> 32);
}

std::uint32_t RoomNumbers::expect(std::string_view room) {
  if (const auto found = numbers_.find(room); found != numbers_.end()) {
    rooms_[found->second].users.reserve_one();
    return found->second;
  }
  if (free_.empty()) {
    rooms_.emplace_back();
    free_.reserve(rooms_.capacity());
    free_.push_back(static_cast<std::uint32_t>(rooms_.size() - 1));
  }
  const std::uint32_t number = free_.back();
  rooms_[number].users.reserve_one();
  const auto made = numbers_.emplace(room, number).first;
  rooms_[number].name = &made->first;
  free_.pop_back();
  return number;
}

void RoomNumbers::leave(std::uint32_t room, const char* block) {
  rooms_[room].users.erase(block);
}

void RoomNumbers::forget_if_empty(std::uint32_t room) {
  Room& one = rooms_[room];
  if (one.users.size() != 0 || !one.name) return;
  numbers_.erase(numbers_.find(*one.name));
  one = Room();
  free_.push_back(room);
}

void RoomNumbers::names(std::vector<std::string>& result) const {
  for (const auto& [name, number] : numbers_)
    if (rooms_[number].users.size() != 0) result.push_back(name);
}

std::size_t RoomNumbers::bytes() const {
  std::size_t result = rooms_.capacity() * (sizeof(Room) + sizeof(std::uint32_t));
  for (const auto& [name, number] : numbers_)
    result += kMapNodeBytes + name.capacity() + rooms_[number].users.bytes();
  return result;
}

}  // namespace microframe::cluster
