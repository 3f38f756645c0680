// Stage: an application with an endpoint of each kind, on which flows are played, and the
// conditions that must hold between flows.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "microframe/microframe.hpp"
#include "support/raw_client.hpp"

namespace test {

// The stream has ended. Under a fault, that may happen at any point of a flow.
struct Ended {};

// A client that never waits for long: each wait ends with what it waits for, with Ended, or,
// after ten seconds, with a failure.
class Talk {
 public:
  explicit Talk(RawClient client) : raw(std::move(client)) {}

  unsigned status();  // the status of the answer
  void say(std::string_view text);
  // Reads until a message contains the words.
  // returns: the message.
  std::string hear(std::string_view words);
  unsigned close_code();  // reads to the end; 0 where no Close came
  // Sends a message, and waits for the endpoint's confirmation that the hook has run.
  void ask(std::string_view text) {
    say(text);
    hear("done");
  }

  RawClient raw;
};

class Desk;

class Stage {
 public:
  Stage();
  ~Stage();

  Talk connect() const { return Talk(RawClient(app->port())); }
  // Shakes hands with `path` as `user`.
  Talk enter(std::string_view user, const std::string& path = "/ws") const;
  std::string token(std::string_view user,
                    std::chrono::seconds ttl = std::chrono::seconds(600)) const;
  std::string request(std::string_view user, const std::string& path = "/ws") const;

  // Waits until nothing is left of a flow: connections, users, rooms and descriptors. Each hook
  // must have run once.
  // errors: std::runtime_error that names what is left.
  void settle();
  // Checks that a new connection works as if nothing had happened.
  void check_healthy();
  // Waits until no session of microframe.v1 is left.
  // errors: std::runtime_error.
  void settle_sessions();

  std::unique_ptr<microframe::Application> app;

 private:
  class Users;
  std::string leftover() const;

  microframe::authx::AuthConfig auth_{std::string(32, 's')};
  std::unique_ptr<Users> users_;
  std::vector<Desk*> desks_;
  std::size_t descriptors_ = 0;
};

std::size_t open_descriptors();

}  // namespace test
