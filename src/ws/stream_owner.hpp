// What a Stream shares with its owner and with the other streams of its loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "guard/rejection.hpp"
#include "microframe/compression.hpp"
#include "microframe/limits.hpp"
#include "net/loop.hpp"
#include "ws/ending.hpp"
#include "ws/long_turns.hpp"
#include "ws/loop_deflate.hpp"
#include "ws/stream_counts.hpp"
#include "ws/work_budget.hpp"

namespace microframe::ws {

// What a Stream tells its owner, on its loop. Unless said otherwise the owner may end the stream.
class StreamOwner {
 public:
  // The loop gives the stream a turn; the owner must live until the turn ends.
  // returns: false if the stream must do nothing any more, because the owner drops it soon.
  virtual bool begin_turn() = 0;
  // `out_of_memory`: the turn was broken off for want of memory.
  virtual void end_turn(bool out_of_memory) = 0;
  // A whole message. payload: good until this returns.
  virtual void on_message(bool binary, base::Bytes payload) = 0;
  // The stream is about to end: what the owner sends now leaves before the Close. Not called where
  // the peer cannot hear any more.
  virtual void on_ending(const Ending& ending) = 0;
  // It is closing or over: nothing more is received or sent.
  virtual void on_ended(const Ending& ending) = 0;
  // The closing handshake is done, or late: the socket is closed.
  virtual void on_over() = 0;
  // The outbox is full: the owner must call end_overflowed() soon, but not from here, because a hub
  // may be walking its lists.
  virtual void on_overflow() = 0;
  // The stream has had a long turn, and has more to read or to send: the owner must call next_turn()
  // when others have had theirs.
  virtual void on_turn_over() = 0;
  // What the user of the stream may have it do.
  // errors: std::bad_alloc.
  virtual WorkBudget& work_budget() = 0;
  // When the owner wants to be called at the latest, on the loop's clock; and the call.
  virtual std::uint64_t deadline_ms() const = 0;
  virtual void on_deadline() = 0;
  // The peer was refused something, or cut.
  virtual void on_rejected(guard::Rejection why, std::string_view detail) = 0;

 protected:
  ~StreamOwner() = default;
};

// What all streams of one loop share. It outlives them.
struct StreamContext {
  net::Loop& loop;
  const Limits& limits;
  const Compression& compression;
  LoopDeflate& deflate;
  StreamCounts& counts;
  LongTurns& long_turns;
  Traffic& traffic;
};

// What other threads may read of a stream, kept by its owner, which has one stream after the other.
struct StreamGauges {
  std::atomic<std::uint32_t> waiting_bytes{0};  // in the outbox, because the kernel takes no more
  std::atomic<std::uint32_t> rtt_us{0};         // of the last ping that was answered; 0: none was
};

}  // namespace microframe::ws
