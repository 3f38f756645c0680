// Crowd: the clients of a run, and the epoll over them. One thread.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "client.hpp"
#include "handshake.hpp"
#include "options.hpp"

namespace bench {

class Crowd {
 public:
  // options: must outlive the crowd.
  explicit Crowd(const Options& options);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // Begins to connect one more client, or a new one in place of a client that has finished. Past
  // the connections that the options ask for, clients go to Options::from.
  void add();
  void renew(std::uint32_t index);
  // Opens all connections that the options ask for, a few hundred at a time, and then the one to
  // Options::from, if there is that. Messages that come meanwhile go to on_message.
  using OnMessage = std::function<void(std::uint32_t index, const Received&)>;
  void open_all(const OnMessage& on_message);
  // The same, for loads in which no message may come.
  void open_all();

  std::uint32_t size() const { return static_cast<std::uint32_t>(clients_.size()); }
  Client& operator[](std::uint32_t index) { return *clients_[index].client; }
  void send(std::uint32_t index, std::string_view frames);
  void send_close(std::uint32_t index);
  // The bytes received by all clients, including their handshakes.
  const std::uint64_t& received_bytes() const { return wire_.received_bytes; }

  // Waits up to `patience`, then calls on_readable(index) for each client that has something to
  // read.
  // returns: whether anything happened.
  template <class OnReadable>
  bool turn(std::chrono::nanoseconds patience, OnReadable&& on_readable) {
    for (const epoll_event& event : wait(patience)) {
      const std::uint32_t index = event.data.u32;
      if ((*this)[index].wants_write()) on_writable(index);
      if ((event.events & ~EPOLLOUT) != 0) on_readable(index);
    }
    return happened_ > 0;
  }
  // The same, for a load that never pauses: a server silent for ten seconds is Broken.
  template <class OnReadable>
  void turn(OnReadable&& on_readable) {
    if (!turn(std::chrono::seconds(10), std::forward<OnReadable>(on_readable)))
      complain_of_silence();
  }
  // Call within on_readable: reads once, and calls on_message(const Received&) for each message.
  template <class OnMessage>
  void read(std::uint32_t index, OnMessage&& on_message) {
    (*this)[index].on_readable(buffer_, std::forward<OnMessage>(on_message));
    watch(index);
  }

 private:
  struct Place {
    std::unique_ptr<Client> client;
    std::uint32_t watched = 0;  // the events that epoll watches
  };

  std::span<const epoll_event> wait(std::chrono::nanoseconds patience);
  void on_writable(std::uint32_t index);
  void watch(std::uint32_t index);
  [[noreturn]] static void complain_of_silence();

  const Options& options_;
  const int poll_;
  Handshakes handshakes_;
  std::optional<Handshakes> from_;  // to Options::from
  Deflate deflate_;
  Wire wire_;
  std::vector<Place> clients_;
  std::vector<char> buffer_;
  std::vector<epoll_event> events_;
  int happened_ = 0;
};

}  // namespace bench
