#include "handshake.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <cctype>
#include <random>
#include <set>

#include "broken.hpp"
#include "deflate.hpp"

namespace bench {
namespace {

// Enough keys that no server can answer with a constant, and few enough to make them before the
// run.
constexpr std::size_t kKeys = 64;

template <std::size_t N>
std::string base64(const std::array<unsigned char, N>& bytes) {
  unsigned char text[(N + 2) / 3 * 4 + 1];
  const int size = EVP_EncodeBlock(text, bytes.data(), N);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

std::string make_key(std::mt19937& random) {
  std::array<unsigned char, 16> nonce;
  for (unsigned char& byte : nonce) byte = static_cast<unsigned char>(random());
  return base64(nonce);
}

// §4.2.2 item 5.4.
std::string accept_of(const std::string& key) {
  const std::string joined = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(joined.data()), joined.size(), digest.data());
  return base64(digest);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// RFC 7692 §7.1: the answer's parameters come in any order. The server must agree to go without a
// context (§7.1.1.1), and may name its window (§7.1.2.1). What it says about our window is kept
// anyway (§7.1.1.2).
bool agrees_without_context(std::string_view answer) {
  std::set<std::string> parts;
  while (true) {
    const std::size_t end = answer.find(';');
    const std::string part = lower(trim(answer.substr(0, end)));
    if (!parts.insert(part.substr(0, part.find('='))).second) return false;
    if (end == std::string_view::npos) break;
    answer.remove_prefix(end + 1);
  }
  parts.erase("client_no_context_takeover");
  parts.erase("server_max_window_bits");
  return parts == std::set<std::string>{"permessage-deflate", "server_no_context_takeover"};
}

}  // namespace

Handshakes::Handshakes(const Target& target, const std::vector<std::string>& tokens, bool deflate)
    : target_(target), tokens_(tokens), deflate_(deflate) {
  std::mt19937 random(6455);
  for (std::size_t i = 0; i < kKeys; ++i) {
    const std::string key = make_key(random);
    keys_.push_back({key, accept_of(key)});
  }
}

Handshake Handshakes::next() {
  const Key& key = keys_[made_ % keys_.size()];
  std::string request = "GET " + target_.path;
  if (!tokens_.empty()) {
    request += target_.path.find('?') == std::string::npos ? "?token=" : "&token=";
    request += tokens_[made_ % tokens_.size()];
  }
  request += " HTTP/1.1\r\nHost: " + target_.authority +
             "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + key.key +
             "\r\nSec-WebSocket-Version: 13\r\n";
  if (deflate_) request += "Sec-WebSocket-Extensions: " + std::string(kDeflateOffer) + "\r\n";
  request += "\r\n";
  ++made_;
  return {std::move(request), key.accept};
}

void check_answer(std::string_view head, std::string_view accept, bool deflate) {
  std::size_t end = head.find("\r\n");
  if (!head.starts_with("HTTP/1.1 101 ")) {
    throw Broken("handshake refused: " + std::string(head.substr(0, end)));
  }
  bool upgrade = false;
  bool connection = false;
  bool accepted = false;
  bool deflates = false;
  while (end != std::string_view::npos) {
    head.remove_prefix(end + 2);
    end = head.find("\r\n");
    const std::string_view field = head.substr(0, end);
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos) throw Broken("no header field: " + std::string(field));
    const std::string name = lower(field.substr(0, colon));
    const std::string_view value = trim(field.substr(colon + 1));
    if (name == "upgrade") upgrade = lower(value) == "websocket";
    if (name == "connection") connection = lower(value) == "upgrade";
    if (name == "sec-websocket-accept") accepted = value == accept;
    if (deflate && name == "sec-websocket-extensions") {
      deflates = agrees_without_context(value);
      continue;
    }
    // §4.1 items 5 and 6: because nothing was offered, nothing may be chosen.
    if (name == "sec-websocket-extensions" || name == "sec-websocket-protocol") {
      throw Broken("chosen though never offered: " + std::string(field));
    }
  }
  if (!upgrade || !connection) throw Broken("a 101 that does not upgrade (§4.1 items 2 and 3)");
  if (deflates != deflate)
    throw Broken("permessage-deflate without context was not agreed on (RFC 7692 §7.1.1)");
  if (!accepted) throw Broken("Sec-WebSocket-Accept is not the key's (§4.1 item 4)");
}

}  // namespace bench
