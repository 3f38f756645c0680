// What microframe.v1 tells a client of a join that its hub has carried out.
#pragma once

#include "hub/sink.hpp"
#include "microframe/json.hpp"
#include "v1/server_frames.hpp"
#include "v1/server_session.hpp"

namespace microframe::ws {

inline v1::Reply joined_reply(const v1::ServerSession& session, const hub::Joined& joined) {
  v1::Joined said;
  said.room = joined.room;
  said.id = joined.request;
  said.epoch = joined.epoch;
  said.offset = joined.offset;
  said.recovered = joined.recovered;
  Json presence;
  if (joined.presence) {
    presence = to_json(*joined.presence);
    said.presence = &presence;
  }
  return session.joined(said);
}

}  // namespace microframe::ws
