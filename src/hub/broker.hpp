// Broker: what carries messages between the nodes of a cluster, and keeps what all of them must find
// again. It knows nothing of users or rooms: bytes in, bytes out, by name.
//
//   topic  whoever is subscribed when a message is published is given it; nobody keeps it
//   log    messages that are kept and numbered; who follows a log is given each as it is appended
//   note   a few bytes under a name, for a time
//   roll   a set of names, each with the nodes that have entered it
//
// Names are any bytes, 512 at most. Threading: any thread calls, after start(). What comes back (a
// Done, the Listener) is called on the broker's own thread, one call at a time, never from inside the
// call that asked for it, and never after stop() has returned. A Done is called exactly once, unless
// stop() comes first: within kPatience, with Failure::unavailable if the broker cannot be reached.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace microframe::hub {

class Broker {
 public:
  // The longest that anyone waits for an answer.
  static constexpr std::chrono::milliseconds kPatience{2000};

  enum class Failure : std::uint8_t {
    unavailable,  // it cannot be reached, or has not answered in time: what was asked may have been done
    full,         // it has no memory left, or too much is waiting already: nothing was done
    refused,      // it said no: rights, or a name that is in use for something else
    not_durable,  // appended, but no replica has confirmed it
  };
  template <class T>
  using Done = std::function<void(base::Result<T, Failure>)>;
  struct Nothing {};

  // --- logs

  // A place in a log. Offsets count from 1 within an epoch; a log that was lost or has forked goes on
  // with a higher epoch, and never with one that it had.
  struct Position {
    std::uint64_t epoch = 0;  // 0: of no log
    std::uint64_t offset = 0;

    friend bool operator==(const Position&, const Position&) = default;
  };
  struct Append {
    std::string log;
    std::string bytes;
    std::size_t kept_max = 1;             // the log keeps so many of its latest messages
    std::chrono::milliseconds age_max{};  // and none that is older
    std::string once;  // "": always; else a message with this name is appended once in 5 minutes
    bool durable = false;  // wait for a replica
  };
  struct Appended {
    Position position;
    bool repeated = false;  // it had been appended before, there
  };
  struct Entry {
    std::uint64_t offset = 0;
    std::uint64_t tag = 0;            // random: two messages with one number differ in it
    std::chrono::milliseconds age{};  // by the broker's clock alone
    std::string bytes;
  };
  // What a log holds from some offset on.
  struct Page {
    std::uint64_t epoch = 0;  // 0: there is no such log
    std::uint64_t last = 0;   // the offset of its latest message; 0 before the first
    std::vector<Entry> entries;
  };

  // --- what is heard

  class Listener {
   public:
    // Views are good until the call returns.
    virtual void on_message(std::string_view topic, std::string_view bytes) = 0;
    virtual void on_entry(std::string_view log, std::uint64_t epoch, const Entry& entry) = 0;
    // The subscriptions are interrupted: from here on messages may be missed.
    virtual void on_interrupted() = 0;
    // Every subscription is in force again.
    virtual void on_restored() = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~Broker() = default;

  // Begins to connect, and goes on trying until stop(). listener: outlives stop().
  virtual void start(Listener& listener) = 0;
  // Ends at once; Dones that wait are dropped. Called from any thread but the broker's own.
  virtual void stop() = 0;
  // Whether the broker answers at present.
  virtual bool is_up() const = 0;

  // --- topics

  // done: once it is in force; what anyone publishes after that is heard. A subscription that fails
  // is made all the same when the broker can be reached again. Subscribing twice is one subscription.
  virtual void subscribe(std::string topic, Done<Nothing> done) = 0;
  virtual void unsubscribe(std::string topic) = 0;
  // To be heard by the subscribers, the own node among them, in order within a topic; also among topics,
  // where they lie on one server. While the broker cannot be reached, the message is dropped.
  virtual void publish(std::string topic, std::string bytes) = 0;

  // --- logs

  virtual void append(Append what, Done<Appended> done) = 0;
  // The entries from an offset on (that one included), `limit` at most, oldest first.
  virtual void read(std::string log, std::uint64_t from, std::size_t limit, Done<Page> done) = 0;
  // The last position of each log, {0, 0} where there is none; in the order asked.
  virtual void positions(std::vector<std::string> logs, Done<std::vector<Position>> done) = 0;
  // As subscribe() and unsubscribe(), for what is appended.
  virtual void follow(std::string log, Done<Nothing> done) = 0;
  virtual void unfollow(std::string log) = 0;
  // The log has forked: what it holds is numbered anew, under a new epoch, unless somebody has done so
  // already. epoch: the one it was found with; 0: there was no log, and an empty one is made, so that
  // whoever follows it knows its epoch before the first message.
  // done: the log's last position now; {0, 0} if there is no log, and the epoch was another.
  virtual void renew(std::string log, std::uint64_t epoch, Done<Position> done) = 0;

  // --- notes

  // if_absent: only if there is none of that name.
  // done: whether it was put.
  virtual void put(std::string name, std::string bytes, std::chrono::milliseconds for_time,
                   bool if_absent, Done<bool> done) = 0;
  // nullopt for each that there is not.
  virtual void get(std::vector<std::string> names,
                   Done<std::vector<std::optional<std::string>>> done) = 0;
  // Takes it away: of several who ask at once, one is given it.
  virtual void take(std::string name, Done<std::optional<std::string>> done) = 0;

  // --- rolls

  // done: whether the name had no node before.
  virtual void enter(std::string roll, std::string name, std::string node, Done<bool> done) = 0;
  // done: whether the name has no node left, and had this one.
  virtual void leave(std::string roll, std::string name, std::string node, Done<bool> done) = 0;
  // Takes a node out everywhere.
  // done: the names that have no node left now. Asked again after a failure, it goes on.
  virtual void strike(std::string roll, std::string node, Done<std::vector<std::string>> done) = 0;
};

}  // namespace microframe::hub
