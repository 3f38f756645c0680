// Stage: an application with an endpoint of each kind, for flows to play on; and what must hold
// between them.
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

// The stream has ended, which under a fault it may at any point of a flow.
struct Ended {};

// A client whose every wait ends with what it waits for, with Ended, or, after ten seconds, with a
// failure.
class Talk {
 public:
  explicit Talk(RawClient client) : raw(std::move(client)) {}

  unsigned status();  // of the answer
  void say(std::string_view text);
  // Reads on until a message that holds the words. returns: the message.
  std::string hear(std::string_view words);
  unsigned close_code();  // reads to the end; 0 where no Close came
  // Says, and hears the endpoint's word that the hook has run.
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

  // Waits until nothing is left of a flow: connections, users, rooms, descriptors; each hook ran
  // once. errors: std::runtime_error that says what is left.
  void settle();
  // A connection works as if nothing had been.
  void check_healthy();
  // Waits until no session of microframe.v1 is left. errors: std::runtime_error.
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
