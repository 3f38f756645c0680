#include "proto/handshake.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <unordered_set>

#include "proto/http_status.hpp"

namespace microframe::proto {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // §1.3

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string text(4 * ((size + 2) / 3) + 1, '\0');
  const int written =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
  text.resize(static_cast<std::size_t>(written));
  return text;
}

// OpenSSL's SHA1() would look it up by its name each time.
const EVP_MD* sha1() {
  static const std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> found(
      EVP_MD_fetch(nullptr, "SHA1", nullptr), &EVP_MD_free);
  return found.get();
}

// §4.2.1 item 5: base64 of 16 bytes is 22 characters of its alphabet and "==". The last carries two
// bits and four that mean nothing, which §4.1's own example does not leave zero.
bool is_key(std::string_view key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  return std::all_of(key.begin(), key.end() - 2, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  });
}

// §11.3.4: tokens, none twice.
// returns: false if not so.
bool parse_subprotocols(const RequestHead& head, std::vector<std::string_view>& out) {
  bool good = true;
  std::unordered_set<std::string_view> seen;
  for (const std::string_view list : head.all("sec-websocket-protocol")) {
    for_each_element(list, [&](std::string_view name) {
      good = good && is_token(name) && seen.insert(name).second;
      if (good) out.push_back(name);
    });
  }
  return good;
}

bool parse_extensions(const HeadFields& head, std::vector<Extension>& out) {
  const auto lists = head.all("sec-websocket-extensions");
  return std::all_of(lists.begin(), lists.end(),
                     [&](std::string_view list) { return parse_extensions(list, out); });
}

std::string response(unsigned status, std::string_view fields, std::string_view body,
                     bool head_only) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " ";
  text += status_phrase(status);
  text += "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  text += fields;
  text += "\r\n";
  if (!head_only) text += body;
  return text;
}

}  // namespace

base::Result<UpgradeRequest, HandshakeRefusal> check_upgrade(const RequestHead& head) {
  const auto refuse = [](unsigned status, std::string_view reason, std::string_view fields = {}) {
    return base::fail(HandshakeRefusal{status, reason, fields});
  };
  if (head.method != "GET") return refuse(405, "a WebSocket is opened by GET", "Allow: GET\r\n");
  if (head.is_http_1_0) return refuse(505, "a WebSocket is opened by HTTP/1.1");  // §4.2.1 item 1
  if (!head.body.is_empty()) return refuse(400, "a handshake has no body");
  if (!head.lists("upgrade", "websocket")) {
    return refuse(426, "this is a WebSocket endpoint",
                  "Upgrade: websocket\r\nConnection: Upgrade\r\n");
  }
  if (!head.lists("connection", "upgrade")) return refuse(400, "Connection must list Upgrade");
  const auto version = head.find("sec-websocket-version");
  if (!version || head.count("sec-websocket-version") > 1)
    return refuse(400, "exactly one Sec-WebSocket-Version");
  if (*version != "13")
    return refuse(426, "WebSocket version", "Sec-WebSocket-Version: 13\r\n");  // §4.2.2
  const auto key = head.find("sec-websocket-key");
  if (!key || head.count("sec-websocket-key") > 1 || !is_key(*key))
    return refuse(400, "Sec-WebSocket-Key");
  UpgradeRequest request;
  request.key = *key;
  if (!parse_subprotocols(head, request.subprotocols)) return refuse(400, "Sec-WebSocket-Protocol");
  if (!parse_extensions(head, request.extensions)) return refuse(400, "Sec-WebSocket-Extensions");
  return request;
}

std::string accept_key(std::string_view key) {
  std::string joined(key);
  joined += kGuid;
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  if (EVP_Digest(joined.data(), joined.size(), digest.data(), nullptr, sha1(), nullptr) != 1)
    throw std::bad_alloc();
  return base64(digest.data(), digest.size());
}

std::string accept_response(std::string_view key, std::string_view subprotocol,
                            std::string_view extensions) {
  std::string text =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: ";
  text += accept_key(key);
  if (!subprotocol.empty()) {
    text += "\r\nSec-WebSocket-Protocol: ";
    text += subprotocol;
  }
  if (!extensions.empty()) {
    text += "\r\nSec-WebSocket-Extensions: ";
    text += extensions;
  }
  text += "\r\n\r\n";
  return text;
}

std::string refusal_response(unsigned status, std::string_view fields, std::string_view reason) {
  std::string all = "Content-Type: text/plain; charset=utf-8\r\n";
  all += fields;
  return response(status, all, std::string(reason) + "\n", false);
}

std::string page_response(std::string_view fields, std::string_view body, bool head_only) {
  return response(200, fields, body, head_only);
}

std::string make_request(const ClientRequest& request) {
  std::string text = "GET " + request.target + " HTTP/1.1\r\nHost: " + request.host +
                     "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
                     "13\r\nSec-WebSocket-Key: " +
                     request.key + "\r\n";
  std::string names;
  for (const std::string& name : request.subprotocols) names += (names.empty() ? "" : ", ") + name;
  if (!names.empty()) text += "Sec-WebSocket-Protocol: " + names + "\r\n";
  if (request.deflate)
    text += "Sec-WebSocket-Extensions: " + deflate_offer(*request.deflate) + "\r\n";
  return text + request.fields + "\r\n";
}

base::Result<ServerChoice, std::string> check_response(const ResponseHead& head,
                                                       const ClientRequest& request) {
  const auto refuse = [](std::string why) { return base::fail(std::move(why)); };
  if (head.status != 101)
    return refuse("the server answered " + std::to_string(head.status) + " " +
                  std::string(head.reason));
  if (!head.lists("upgrade", "websocket") || !head.lists("connection", "upgrade")) {
    return refuse("the server's answer is no upgrade to WebSocket");
  }
  if (head.count("sec-websocket-accept") != 1 ||
      *head.find("sec-websocket-accept") != accept_key(request.key)) {
    return refuse("the server's Sec-WebSocket-Accept does not fit our key");
  }
  ServerChoice choice;
  std::vector<Extension> extensions;
  if (!parse_extensions(head, extensions))
    return refuse("the server's Sec-WebSocket-Extensions is malformed");
  if (!request.deflate && !extensions.empty())
    return refuse("the server chose an extension that was not offered");
  if (request.deflate) {
    const auto deflate = check_deflate_answer(extensions, *request.deflate);
    if (!deflate) return refuse(deflate.error());
    choice.deflate = *deflate;
  }
  const auto chosen = head.find("sec-websocket-protocol");
  if (!chosen) return choice;
  const auto& offered = request.subprotocols;
  if (head.count("sec-websocket-protocol") > 1 ||
      std::find(offered.begin(), offered.end(), *chosen) == offered.end()) {
    return refuse("the server chose a subprotocol that was not offered");
  }
  choice.subprotocol = *chosen;
  return choice;
}

}  // namespace microframe::proto
