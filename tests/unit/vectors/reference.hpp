// Reference: the reference endpoint of tests/vectors (README.md there), without sockets: sessions
// of v1::ServerSession over a real hub, on a loop that runs by hand. A frame is handled whole when
// it is given, because no hook of this endpoint waits.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/ref.hpp"
#include "hub/hub.hpp"
#include "hub/surroundings.hpp"
#include "support/fake_loop.hpp"
#include "unit/vectors/device.hpp"

namespace microframe::vectors {

class Reference final : private hub::Surroundings {
 public:
  Reference();
  ~Reference();

  // A client of `user`'s opens a connection. offered: subprotocols, a resume offer among them if
  // the client makes one.
  std::shared_ptr<Connection> open(const std::string& user,
                                   const std::vector<std::string>& offered);
  void text(Connection& connection, std::string_view frame);
  void binary(Connection& connection, base::Bytes frame);
  // The client closes, or the connection is lost.
  void close(Connection& connection, std::uint16_t code);
  void lose(Connection& connection);
  // The server ends without a word, and another takes its place, which vouches for its sessions.
  void kill();
  // Nobody came back for this user's sessions in time.
  void expire(const std::string& user);

 private:
  void begin(const std::string& user, const std::shared_ptr<Connection>& connection,
             bool inherits = false);
  void end(Device& device);
  // What the loop posted to itself runs behind each event, as on a server's loop.
  template <class Action>
  void on_loop(Action&& action) {
    loop_.on(action);
    loop_.run_all();
  }

  // hub::Surroundings
  hub::RoomPolicy policy(std::string_view room) const override;
  std::uint64_t now_ms() const override { return 1'000'000; }
  std::string new_epoch() override { return "epoch-" + std::to_string(++epochs_); }
  base::Frame presence_frame(std::string_view room, const hub::Presence::Users& joins,
                             const hub::Presence::Users& leaves) const override;
  void user_online(const std::string&) override {}
  void user_offline(const std::string&) override {}

  test::FakeLoop loop_;
  hub::Hub hub_;
  std::map<std::string, base::Ref<Device>> devices_;  // by the session's name
  unsigned sessions_ = 0;
  std::set<std::string> ended_;  // sessions of this server's own
  unsigned epochs_ = 0;
};

}  // namespace microframe::vectors
