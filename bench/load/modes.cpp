#include "modes.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <deque>
#include <functional>

namespace bench {
namespace {

char receive_buffer[256 * 1024];

// The clients of a run and one epoll over them.
class Crowd {
 public:
  explicit Crowd(const Options& options) : options_(options), poll_(epoll_create1(EPOLL_CLOEXEC)) {}
  ~Crowd() { ::close(poll_); }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  std::size_t add() {
    const std::size_t index = clients_.size();
    clients_.emplace_back(options_.target, token());
    watch(index, EPOLLOUT, EPOLL_CTL_ADD);
    return index;
  }
  // Replaces a client that is closed by a new one.
  void renew(std::size_t index) {
    std::destroy_at(&clients_[index]);
    std::construct_at(&clients_[index], options_.target, token());
    watch(index, EPOLLOUT, EPOLL_CTL_ADD);
  }
  Client& operator[](std::size_t index) { return clients_[index]; }
  std::size_t size() const { return clients_.size(); }

  // Waits, and calls on_event(index) for each client that can be read, after those that connect have sent
  // their request.
  template <class OnEvent>
  void turn(OnEvent&& on_event) {
    epoll_event events[1024];
    const int count = epoll_wait(poll_, events, 1024, 10'000);
    if (count == 0) throw Broken("nothing has come for ten seconds");
    for (int i = 0; i < count; ++i) {
      const std::size_t index = events[i].data.u64;
      if (clients_[index].state() == Client::State::connecting) {
        clients_[index].on_writable();
        watch(index, EPOLLIN, EPOLL_CTL_MOD);
      } else {
        on_event(index);
      }
    }
  }

  // Opens `count` clients, a few hundred at a time.
  void open(std::size_t count) {
    std::size_t opened = 0;
    std::size_t under_way = 0;
    while (opened < count) {
      for (; under_way < 256 && size() < count; ++under_way) add();
      turn([&](std::size_t index) {
        const bool before = clients_[index].state() == Client::State::open;
        clients_[index].on_readable(receive_buffer, sizeof receive_buffer, [](std::string_view) {});
        if (clients_[index].state() == Client::State::closed)
          throw Broken("closed by the server while others connect");
        if (!before && clients_[index].state() == Client::State::open) {
          ++opened;
          --under_way;
        }
      });
    }
  }

 private:
  std::string token() {
    if (options_.tokens.empty()) return {};
    return options_.tokens[next_token_++ % options_.tokens.size()];
  }
  void watch(std::size_t index, std::uint32_t events, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = index;
    epoll_ctl(poll_, operation, clients_[index].fd(), &event);
  }

  const Options& options_;
  const int poll_;
  std::size_t next_token_ = 0;
  std::deque<Client> clients_;
};

std::string make_payload(std::size_t bytes) {
  std::string payload(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i) payload[i] = static_cast<char>('a' + i % 26);
  return payload;
}

// Measures from begin() to end().
class Meter {
 public:
  Meter(const Options& options, const char* mode) : server_(options.server) { report_.mode = mode; }
  void begin() {
    cpu_ = cpu_ns(server_);
    wall_ = now_ns();
  }
  Report end(std::size_t messages, std::size_t connections) {
    report_.server_cpu_ns = cpu_ns(server_) - cpu_;
    report_.wall_ns = now_ns() - wall_;
    report_.messages = messages;
    report_.connections = connections;
    return std::move(report_);
  }
  void latency(std::uint64_t ns) { report_.latencies_ns.push_back(ns); }

 private:
  const pid_t server_;
  Report report_;
  std::uint64_t cpu_ = 0;
  std::uint64_t wall_ = 0;
};

}  // namespace

Report run_echo(const Options& options) {
  Crowd crowd(options);
  crowd.open(options.connections);
  const std::string payload = make_payload(options.bytes);
  std::vector<std::uint64_t> sent_at(crowd.size());
  const auto send = [&](std::size_t index) {
    sent_at[index] = now_ns();
    crowd[index].send_message(payload, options.binary);
  };
  for (std::size_t i = 0; i < crowd.size(); ++i) send(i);
  Meter meter(options, "echo");
  const std::size_t warm_up = options.messages / 2;
  std::size_t came = 0;
  while (came < warm_up + options.messages) {
    crowd.turn([&](std::size_t index) {
      crowd[index].on_readable(receive_buffer, sizeof receive_buffer, [&](std::string_view message) {
        if (message != payload) throw Broken("the echo differs from what was sent");
        if (came >= warm_up) meter.latency(now_ns() - sent_at[index]);
        if (++came == warm_up) meter.begin();
        send(index);
      });
      if (crowd[index].state() == Client::State::closed) throw Broken("closed by the server");
    });
  }
  return meter.end(came - warm_up, crowd.size());
}

Report run_relay(const Options& options) {
  Crowd crowd(options);
  crowd.open(options.connections);
  const std::string payload = make_payload(options.bytes);
  const std::size_t warm_up = options.messages / 2;
  Meter meter(options, "relay");
  std::size_t came = 0;
  std::deque<std::uint64_t> sent_at;  // of the messages under way, oldest first
  const auto send = [&] {
    sent_at.push_back(now_ns());
    crowd[0].send_message(payload, options.binary);
  };
  for (std::size_t i = 0; i < options.window; ++i) send();
  std::size_t counted_from = 0;
  while (counted_from == 0 || came < counted_from + options.messages) {
    crowd.turn([&](std::size_t index) {
      crowd[index].on_readable(receive_buffer, sizeof receive_buffer, [&](std::string_view message) {
        if (message != payload) throw Broken("what came differs from what was sent");
        if (++came % crowd.size() != 0) return;
        if (counted_from != 0) meter.latency(now_ns() - sent_at.front());
        sent_at.pop_front();
        if (counted_from == 0 && came >= warm_up) {
          meter.begin();
          counted_from = came;
        }
        send();
      });
      if (crowd[index].state() == Client::State::closed) throw Broken("closed by the server");
    });
  }
  return meter.end(came - counted_from, crowd.size());
}

Report run_handshake(const Options& options) {
  Crowd crowd(options);
  Meter meter(options, "handshake");
  const std::size_t warm_up = options.messages / 4;
  for (std::size_t i = 0; i < options.connections; ++i) crowd.add();
  std::size_t done = 0;
  std::vector<bool> closing(options.connections);
  while (done < warm_up + options.messages) {
    crowd.turn([&](std::size_t index) {
      Client& client = crowd[index];
      client.on_readable(receive_buffer, sizeof receive_buffer, [](std::string_view) {});
      if (client.state() == Client::State::open && !closing[index]) {
        closing[index] = true;
        client.send_close();
      }
      if (client.state() != Client::State::closed) return;
      if (!closing[index]) throw Broken("closed by the server during the handshake");
      closing[index] = false;
      if (++done == warm_up) meter.begin();
      crowd.renew(index);
    });
  }
  return meter.end(done - warm_up, crowd.size());
}

Report run_idle(const Options& options) {
  Meter meter(options, "idle");
  const std::uint64_t before = anonymous_bytes(options.server);
  Crowd crowd(options);
  meter.begin();
  crowd.open(options.connections);
  Report report = meter.end(crowd.size(), crowd.size());
  usleep(500'000);
  report.bytes_per_connection =
      static_cast<double>(anonymous_bytes(options.server) - before) / static_cast<double>(crowd.size());
  return report;
}

}  // namespace bench
