// RedisConnection: one connection to one Redis: connects, shows who it is, then sends commands
// without waiting for answers, and gives each answer to who asked, in order. An answer that does
// not come in time ends the connection. It does not connect again. Threading: its loop's. It may not
// be destroyed from inside its own callbacks.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/timer_wheel.hpp"
#include "cluster/redis_counts.hpp"
#include "cluster/redis_reader.hpp"
#include "cluster/redis_reply.hpp"
#include "net/address.hpp"
#include "net/connector.hpp"
#include "net/loop.hpp"
#include "net/socket.hpp"
#include "net/tls_context.hpp"

namespace microframe::cluster {

// As whom, and how, a connection is made.
struct RedisAccess {
  std::string user;
  std::string password;
  unsigned database = 0;
  std::string name;                            // shown in CLIENT LIST; "": none
  std::shared_ptr<const net::TlsContext> tls;  // nullptr: no TLS
};

class RedisConnection final : private net::SocketEvents, private base::TimerNode {
 public:
  // Called once, with Kind::lost if the connection ends first. May change the reply.
  using Answer = std::function<void(RedisReply&)>;
  // How long an answer may take, and the connection itself: the loop notices up to 0.2 s later.
  static constexpr std::chrono::milliseconds kAnswerMax{1'750};

  class Events {
   public:
    // Redis has accepted who we are.
    virtual void on_ready() = 0;
    // What Redis says without having been asked: a message of a subscription, or its end.
    virtual void on_push(RedisReply& push) = 0;
    // The end, told once. Everybody who waited for an answer has been told.
    virtual void on_lost(const std::string& why) = 0;

   protected:
    ~Events() = default;
  };

  // Begins to connect. events, access and counts outlive the connection.
  RedisConnection(net::Loop& loop, const net::Address& address, const RedisAccess& access,
                  RedisCounts& counts, Events& events);
  ~RedisConnection() override;

  // Sends a command, as redis_command() makes it, at the end of the loop's iteration.
  void send(std::string_view command, Answer answer);
  // The same, for a command that ends a subscription: Redis may also end one unasked.
  void send_unsubscribe(std::string_view command, Answer answer);
  bool is_ready() const { return phase_ == Phase::ready; }
  // Commands that wait for their answers.
  std::size_t waiting() const { return waiting_.size(); }
  // Ends it, without on_lost. Everybody who waits is told that the answer is lost.
  void close();

 private:
  enum class Phase : std::uint8_t { connecting, greeting, ready, closed };
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    Answer answer;
    Clock::time_point since;
    bool unsubscribes;
  };

  template <class Action>
  void guarded(Action&& action);
  void connected(int fd, const std::string& error);
  void greet();
  void queue(std::string_view command, Answer answer, bool unsubscribes);
  void flush();
  void on_receive(base::MutableBytes bytes) override;
  void on_end(net::EndReason reason) override;
  void on_drained() override {}
  void on_deadline(std::uint64_t now_ms) override;
  void take(RedisReply& reply);
  bool is_push(const RedisReply& reply) const;
  void arm();
  void lose(const std::string& why);
  void tell_lost();

  net::Loop& loop_;
  const net::Address address_;
  const RedisAccess& access_;
  RedisCounts& counts_;
  Events& events_;
  Phase phase_ = Phase::connecting;
  std::unique_ptr<net::Connector> connector_;
  std::unique_ptr<net::Socket> socket_;
  RedisReader reader_;
  std::string unsent_;  // commands of this iteration, or that wait for the connection
  std::deque<Waiting> waiting_;
  Clock::time_point now_;  // when the bytes came that are being read
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool flushes_ = false;  // flush() is due
};

}  // namespace microframe::cluster
