#include "simulation/nodes/annals.hpp"

#include <utility>

#include "simulation/trace.hpp"

namespace microframe::simulation::nodes {

std::uint64_t Annals::begin(Message message) {
  messages_.push_back(std::move(message));
  if (messages_.back().owed != 0) unsettled_.push_back(messages_.size());
  return messages_.size();
}

Message& Annals::of(std::uint64_t number) {
  require(number != 0 && number <= messages_.size(),
          [&] { return "nobody said message " + std::to_string(number); });
  return messages_[number - 1];
}

void Annals::hear(std::uint64_t number, std::size_t client) {
  Message& message = of(number);
  const unsigned bit = 1U << client;
  message.heard |= bit;
  message.owed &= ~bit;
}

template <class Excuse>
void Annals::for_each_owed(Excuse&& excuse) {
  std::erase_if(unsettled_, [&](std::uint64_t number) {
    Message& message = messages_[number - 1];
    for (std::size_t client = 0; client < kClientsMax; ++client) {
      const unsigned bit = 1U << client;
      if ((message.owed & bit) != 0 && excuse(message, client)) message.owed &= ~bit;
    }
    return message.owed == 0;
  });
}

void Annals::excuse_node(std::size_t node) {
  for_each_owed([&](const Message& message, std::size_t client) {
    return message.from != nodes_[client] && (message.from == node || nodes_[client] == node);
  });
}

void Annals::excuse_client(std::size_t client, std::string_view room) {
  for_each_owed([&](const Message& message, std::size_t of) {
    if (of != client) return false;
    return room.empty() || (message.kind == Message::Kind::in_room && message.to == room);
  });
}

void Annals::check_settled() const {
  for (const std::uint64_t number : unsettled_) {
    const Message& message = messages_[number - 1];
    require(message.owed == 0, [&] {
      return "message " + std::to_string(number) + " to " + message.to + " is never heard by " +
             std::to_string(message.owed);
    });
  }
}

}  // namespace microframe::simulation::nodes
