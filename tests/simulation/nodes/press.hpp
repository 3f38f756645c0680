// Press: publishes what clients and the application say, and notes who must hear it. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulation/nodes/annals.hpp"
#include "simulation/nodes/process.hpp"
#include "simulation/nodes/scene.hpp"

namespace microframe::simulation::nodes {

class Client;

class Press {
 public:
  using Clients = std::vector<std::unique_ptr<Client>>;

  // Both outlive it.
  Press(Scene& scene, const Clients& clients) : scene_(scene), clients_(clients) {}

  // Notes a message that is said now, at that node.
  // returns: its number.
  std::uint64_t begin(Process& at, Message message);
  // once, told: of a log.
  void publish(Process& at, std::uint64_t number, std::string once,
               std::function<void(bool done)> told);
  // The application says something at that node, by chance.
  void say(Process& at);
  // Chooses whom a message of that node must not reach: a user, and a device there.
  // sender: nullptr: none.
  void exclude(const Process& at, Message& message, const Client* sender);

 private:
  unsigned owed(Process& at, const Message& message) const;
  bool reaches(Process& at, const Message& message, const Client& client) const;

  Scene& scene_;
  const Clients& clients_;
};

}  // namespace microframe::simulation::nodes
