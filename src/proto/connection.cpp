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

// Compressed bytes that a message of so many may come in. A poor encoder makes nine bits of each
// byte, and a few bytes more of each flush; beyond that it is blocks without content.
std::uint64_t compressed_bytes_max(std::uint64_t message_bytes_max) {
  const std::uint64_t more = message_bytes_max / 8 + 1024;
  return std::max(message_bytes_max, message_bytes_max + more);
}

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
  bool compressed = false;
  std::size_t fragments = 0;
  std::uint64_t compressed_bytes = 0;  // of the frames that have begun
  Utf8Validator utf8;
  std::vector<std::byte> payload;  // unless it is compressed
};

Connection::Connection(Role role, ConnectionLimits limits, InflaterPool* inflaters)
    : limits_(limits), inflaters_(inflaters), role_(role) {}
Connection::~Connection() = default;

Connection::Progress& Connection::progress() {
  if (!progress_) progress_ = std::make_unique<Progress>();
  return *progress_;
}

Event Connection::next(base::MutableBytes& in) {
  if (std::exchange(delivered_, false)) give_back();
  Event ordinary;
  if (read_ordinary(in, ordinary)) return ordinary;
  while (!drops_everything()) {
    Event result;
    if (!progress_ || !progress_->in_frame) {
      if (in.empty()) return {};
      FrameHeader header;
      if (!read_header(in, header, result)) return result;
      const bool alone =
          !is_control(header.opcode) && header.fin && !(progress_ && progress_->in_message);
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
    if (std::exchange(delivered_, false)) give_back();
  }
  in = {};
  give_back();
  return {};
}

// Reads what most messages are: one frame of up to 125 bytes, not compressed, all of it at the front of
// `in` while nothing else is under way. The steps below would come to the same, in twice the time.
// returns: whether there was one; if not, nothing is consumed.
bool Connection::read_ordinary(base::MutableBytes& in, Event& result) {
  constexpr unsigned kFinalText = 0x81, kFinalBinary = 0x82, kMasked = 0x80;
  if (progress_ || state_ != State::open || in.size() < 2) return false;
  const bool masked = role_ == Role::server;
  const auto first = std::to_integer<unsigned>(in[0]);
  const std::size_t length = std::to_integer<unsigned>(in[1]) ^ (masked ? kMasked : 0);
  const std::size_t head = masked ? 6 : 2;
  if ((first != kFinalText && first != kFinalBinary) || length > 125 ||
      length > limits_.message_bytes_max || in.size() < head + length)
    return false;
  const base::MutableBytes payload = in.subspan(head, length);
  if (masked) apply_mask(payload, {in[2], in[3], in[4], in[5]});
  in = in.subspan(head + length);
  const bool binary = first == kFinalBinary;
  result = binary || is_utf8(payload) ? message(binary, payload)
                                      : fail(CloseCode::invalid_payload, "text is not UTF-8");
  return true;
}

// §5.5.1: after our Close, the peer may send data until it sees it. A server has said its last word
// and discards it; to a client it may be the answer to what it sent last.
bool Connection::skips(const FrameHeader& header) const {
  return state_ == State::close_sent && role_ == Role::server && !is_control(header.opcode);
}

bool Connection::is_discarded(const Event& event) const {
  return state_ == State::close_sent &&
         (role_ == Role::server || event.kind != Event::Kind::message);
}

// A server has no use for the rest of a message after its Close. One that was delivered may still be
// looked at.
void Connection::drop_message() {
  if (role_ != Role::server || delivered_) return;
  if (progress_) std::vector<std::byte>().swap(progress_->payload);
  if (inflater_) inflaters_->give(std::move(inflater_));
}

void Connection::give_back() {
  progress_.reset();
  if (inflater_) inflaters_->give(std::move(inflater_));
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
  const auto decoded = decode_header(bytes, role_, inflaters_ ? Rsv1::compressed : Rsv1::reserved);
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
    failure = fail(CloseCode::protocol_error,
                   continues ? "continuation of nothing" : "message inside a message");
  } else if (header.length > bytes_left(header)) {
    failure = fail(CloseCode::message_too_big, "message too big");
  } else if (in_message && progress_->fragments >= limits_.fragments_max) {
    failure = fail(CloseCode::policy_violation, "too many fragments");
  } else {
    return true;
  }
  return false;
}

// Bytes that the message this frame belongs to may still have on the wire.
std::uint64_t Connection::bytes_left(const FrameHeader& header) const {
  const Progress* message = progress_ && progress_->in_message ? progress_.get() : nullptr;
  if (message ? message->compressed : header.compressed) {
    return compressed_bytes_max(limits_.message_bytes_max) -
           (message ? message->compressed_bytes : 0);
  }
  return limits_.message_bytes_max - (message ? message->payload.size() : 0);
}

Event Connection::whole_frame(const FrameHeader& header, base::MutableBytes payload) {
  if (skips(header)) return {};
  if (header.mask) apply_mask(payload, *header.mask);
  if (is_control(header.opcode)) return control(header.opcode, payload);
  const bool binary = header.opcode == Opcode::binary;
  if (header.compressed) return whole_compressed(binary, payload);
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
    now.compressed = header.compressed;
    now.fragments = 0;
    now.compressed_bytes = 0;
    now.utf8 = {};
    now.payload.clear();
    // The first fragment only: a reserve for each would copy the whole message once a fragment.
    if (!now.compressed && !skips(header))
      now.payload.reserve(std::min(header.length, kReserveMax));
  }
  ++now.fragments;
  if (now.compressed) now.compressed_bytes += header.length;
}

// Takes what is there of the frame's payload.
// returns: whether the frame is whole.
bool Connection::read_payload(base::MutableBytes& in, Event& failure) {
  Progress& now = *progress_;
  const std::size_t size = std::min<std::uint64_t>(in.size(), now.frame.length - now.frame_read);
  const base::MutableBytes piece = in.first(size);
  in = in.subspan(size);
  if (skips(now.frame)) {
    now.frame_read += size;
    return now.frame_read == now.frame.length;
  }
  if (now.frame.mask) apply_mask(piece, *now.frame.mask, now.frame_read % 4);
  now.frame_read += size;
  const bool data = !is_control(now.frame.opcode);
  if (data && now.compressed) {
    return inflate(piece, now.binary ? nullptr : &now.utf8, failure) &&
           now.frame_read == now.frame.length;
  }
  auto& target = data ? now.payload : now.control;
  target.insert(target.end(), piece.begin(), piece.end());
  if (data && !now.binary && !now.utf8.feed(piece)) {
    failure = fail(CloseCode::invalid_payload, "text is not UTF-8");
    return false;
  }
  return now.frame_read == now.frame.length;
}

// RFC 7692 §7.2.2: inflates a piece of the message's payload. text: checks what comes out, as it
// comes. What is wrong first in what comes out is what fails it, however the payload is cut.
bool Connection::inflate(base::Bytes piece, Utf8Validator* text, Event& failure) {
  if (!inflater_) inflater_ = inflaters_->take();
  const std::size_t before = inflater_->output().size();
  const auto error = inflater_->feed(piece, limits_.message_bytes_max);
  if (text && !text->feed(inflater_->output().subspan(before))) {
    failure = fail(CloseCode::invalid_payload, "text is not UTF-8");
  } else if (error == InflateError::too_big) {
    failure = fail(CloseCode::message_too_big, "message too big");
  } else if (error) {
    failure = fail(CloseCode::invalid_payload, "bad compressed data");
  } else {
    return true;
  }
  return false;
}

bool Connection::finish_inflating(Event& failure) {
  if (!inflater_->finish()) return true;
  failure = fail(CloseCode::invalid_payload, "compressed data ends too early");
  return false;
}

Event Connection::whole_compressed(bool binary, base::Bytes payload) {
  Event failure;
  Utf8Validator text;
  if (!inflate(payload, binary ? nullptr : &text, failure) || !finish_inflating(failure))
    return failure;
  if (!text.complete()) return fail(CloseCode::invalid_payload, "text ends inside a character");
  delivered_ = true;
  return message(binary, inflater_->output());
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
  if (skips(now.frame)) {
    delivered_ = true;  // nothing is left to keep
    return {};
  }
  Event failure;
  if (now.compressed && !finish_inflating(failure)) return failure;
  if (!now.binary && !now.utf8.complete())
    return fail(CloseCode::invalid_payload, "text ends inside a character");
  delivered_ = true;
  return message(now.binary, now.compressed ? inflater_->output() : base::Bytes(now.payload));
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

ControlFrame Connection::close(CloseCode code, std::string_view reason,
                               std::optional<MaskKey> mask) {
  switch (state_) {
    case State::open:
      state_ = State::close_sent;
      drop_message();
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
