#include "proto/connection.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "proto/utf8.hpp"

namespace microframe::proto {
namespace {

// A length that was merely announced reserves no more than this.
constexpr std::uint64_t kReserveMax = 64 * 1024;

Event event(Event::Kind kind) {
  Event result;
  result.kind = kind;
  return result;
}

Event message(bool binary, base::Bytes payload) {
  Event result = event(Event::Kind::message);
  result.binary = binary;
  result.payload = payload;
  return result;
}

}  // namespace

struct Connection::Progress {
  // The frame whose bytes are coming in.
  std::array<std::byte, kHeaderBytesMax> head;
  std::size_t head_size = 0;  // of a header that is not whole
  FrameHeader frame;
  std::uint64_t frame_read = 0;  // bytes of its payload
  bool in_frame = false;
  std::vector<std::byte> control;

  // The message that its data frames make up.
  bool in_message = false;
  bool binary = false;
  std::size_t fragments = 0;
  Utf8Validator utf8;
  std::vector<std::byte> payload;
};

Connection::Connection(Role role, ConnectionLimits limits) : limits_(limits), role_(role) {}
Connection::~Connection() = default;

Connection::Progress& Connection::progress() {
  if (!progress_) progress_ = std::make_unique<Progress>();
  return *progress_;
}

Event Connection::next(base::MutableBytes& in) {
  if (std::exchange(delivered_, false)) progress_.reset();
  while (!drops_everything()) {
    Event result;
    if (!progress_ || !progress_->in_frame) {
      if (in.empty()) return {};
      FrameHeader header;
      if (!read_header(in, header, result)) return result;
      const bool alone = !is_control(header.opcode) && header.fin && !(progress_ && progress_->in_message);
      if (header.length <= in.size() && (alone || is_control(header.opcode))) {
        const base::MutableBytes payload = in.first(header.length);
        in = in.subspan(header.length);
        result = whole_frame(header, payload);
      } else {
        begin_frame(header);
        continue;
      }
    } else {
      if (!read_payload(in, result)) return result;
      result = finish_frame();
    }
    if (result.kind != Event::Kind::need_more && !is_discarded(result)) return result;
    if (std::exchange(delivered_, false)) progress_.reset();
  }
  in = {};
  progress_.reset();
  return {};
}

// §5.5.1: after our Close, the peer may send data until it sees it. A server has said its last word and
// discards it; to a client it may be the answer to what it sent last.
bool Connection::is_discarded(const Event& event) const {
  return state_ == State::close_sent && (role_ == Role::server || event.kind != Event::Kind::message);
}

// Decodes the header at the front of `in`, or goes on with one that came in pieces.
// returns: false if it is not whole yet (`failure` says need_more) or wrong.
bool Connection::read_header(base::MutableBytes& in, FrameHeader& header, Event& failure) {
  const std::size_t kept = progress_ ? progress_->head_size : 0;
  std::array<std::byte, kHeaderBytesMax> joined;
  base::Bytes bytes = in;
  if (kept != 0) {
    const std::size_t added = std::min(in.size(), joined.size() - kept);
    std::copy_n(progress_->head.begin(), kept, joined.begin());
    std::copy_n(in.begin(), added, joined.begin() + static_cast<std::ptrdiff_t>(kept));
    bytes = base::Bytes(joined).first(kept + added);
  }
  const auto decoded = decode_header(bytes, role_);
  if (!decoded) {
    failure = fail(CloseCode::protocol_error, to_string(decoded.error()));
    return false;
  }
  if (!*decoded) {
    std::copy(bytes.begin(), bytes.end(), progress().head.begin());
    progress_->head_size = bytes.size();
    in = {};
    return false;
  }
  in = in.subspan((*decoded)->size - kept);
  header = (*decoded)->header;
  if (progress_) {
    progress_->head_size = 0;
    if (!progress_->in_message) progress_.reset();
  }
  return check_sequence(header, failure);
}

// What a header says wrong only in the light of those before it, or of the limits.
bool Connection::check_sequence(const FrameHeader& header, Event& failure) {
  if (is_control(header.opcode)) return true;
  const bool in_message = progress_ && progress_->in_message;
  const bool continues = header.opcode == Opcode::continuation;
  if (continues != in_message) {  // §5.4
    failure =
        fail(CloseCode::protocol_error, continues ? "continuation of nothing" : "message inside a message");
  } else if (header.length > limits_.message_bytes_max - (in_message ? progress_->payload.size() : 0)) {
    failure = fail(CloseCode::message_too_big, "message too big");
  } else if (in_message && progress_->fragments >= limits_.fragments_max) {
    failure = fail(CloseCode::policy_violation, "too many fragments");
  } else {
    return true;
  }
  return false;
}

Event Connection::whole_frame(const FrameHeader& header, base::MutableBytes payload) {
  if (header.mask) apply_mask(payload, *header.mask);
  if (is_control(header.opcode)) return control(header.opcode, payload);
  const bool binary = header.opcode == Opcode::binary;
  if (!binary && !is_utf8(payload)) return fail(CloseCode::invalid_payload, "text is not UTF-8");
  return message(binary, payload);
}

void Connection::begin_frame(const FrameHeader& header) {
  Progress& now = progress();
  now.frame = header;
  now.frame_read = 0;
  now.in_frame = true;
  if (is_control(header.opcode)) {
    now.control.clear();
    return;
  }
  if (!now.in_message) {
    now.in_message = true;
    now.binary = header.opcode == Opcode::binary;
    now.fragments = 0;
    now.utf8 = {};
    now.payload.clear();
    // The first fragment only: a reserve for each would copy the whole message once a fragment.
    now.payload.reserve(std::min(header.length, kReserveMax));
  }
  ++now.fragments;
}

// Takes what is there of the frame's payload. returns: whether the frame is whole.
bool Connection::read_payload(base::MutableBytes& in, Event& failure) {
  Progress& now = *progress_;
  const std::size_t size = std::min<std::uint64_t>(in.size(), now.frame.length - now.frame_read);
  const base::MutableBytes piece = in.first(size);
  in = in.subspan(size);
  if (now.frame.mask) apply_mask(piece, *now.frame.mask, now.frame_read % 4);
  now.frame_read += size;
  auto& target = is_control(now.frame.opcode) ? now.control : now.payload;
  target.insert(target.end(), piece.begin(), piece.end());
  const bool text = !is_control(now.frame.opcode) && !now.binary;
  if (text && !now.utf8.feed(piece)) {
    failure = fail(CloseCode::invalid_payload, "text is not UTF-8");
    return false;
  }
  return now.frame_read == now.frame.length;
}

Event Connection::finish_frame() {
  Progress& now = *progress_;
  now.in_frame = false;
  if (is_control(now.frame.opcode)) {
    // Between messages nothing is left to keep.
    delivered_ = !now.in_message;
    return control(now.frame.opcode, now.control);
  }
  if (!now.frame.fin) return {};
  now.in_message = false;
  if (!now.binary && !now.utf8.complete())
    return fail(CloseCode::invalid_payload, "text ends inside a character");
  delivered_ = true;
  return message(now.binary, now.payload);
}

Event Connection::control(Opcode opcode, base::Bytes payload) {
  if (opcode == Opcode::close) return peer_close(payload);
  Event result = event(opcode == Opcode::ping ? Event::Kind::ping : Event::Kind::pong);
  result.payload = payload;
  return result;
}

Event Connection::peer_close(base::Bytes payload) {
  const auto parsed = parse_close_payload(payload);
  if (!parsed) {
    const bool text = parsed.error() == CloseError::reason_not_utf8;
    return fail(text ? CloseCode::invalid_payload : CloseCode::protocol_error, "bad Close payload");
  }
  state_ = state_ == State::close_sent ? State::closed : State::close_received;
  Event result = event(Event::Kind::close);
  result.code = parsed->code;
  result.reason = parsed->reason;
  return result;
}

Event Connection::fail(CloseCode code, std::string_view reason) {
  state_ = state_ == State::close_sent ? State::closed : State::failed;
  Event result = event(Event::Kind::failed);
  result.code = code;
  result.reason = reason;
  return result;
}

ControlFrame Connection::close(CloseCode code, std::string_view reason, std::optional<MaskKey> mask) {
  switch (state_) {
    case State::open:
      state_ = State::close_sent;
      break;
    case State::close_received:
    case State::failed:
      state_ = State::closed;
      break;
    case State::close_sent:
    case State::closed:
      return {};
  }
  return close_frame(code, reason, mask);
}

}  // namespace microframe::proto
