#include "keys/key_fetcher.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <new>
#include <string_view>

#include "authx/jwks.hpp"
#include "authx/max_age.hpp"
#include "base/ascii.hpp"

namespace microframe::keys {
namespace {

// All field lines of an answer together.
constexpr std::size_t kHeadBytesMax = 32 * 1024;

// libcurl wants this once per process, before its first handle.
void begin_libcurl() {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (once != CURLE_OK) throw std::bad_alloc();
}

}  // namespace

class KeyFetcher::Libcurl {
 public:
  Libcurl() {
    begin_libcurl();
    multi_ = curl_multi_init();
    if (!multi_) throw std::bad_alloc();
  }
  ~Libcurl() { curl_multi_cleanup(multi_); }
  Libcurl(const Libcurl&) = delete;
  Libcurl& operator=(const Libcurl&) = delete;
  CURLM* multi() const { return multi_; }

 private:
  CURLM* multi_;
};

struct KeyFetcher::Transfer {
  Transfer(CURLM* with, std::size_t number) : multi(with), easy(curl_easy_init()) {
    if (!easy) throw std::bad_alloc();
    answer.id = number;
  }
  ~Transfer() {
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // libcurl's callbacks.
  // returns: `size`; any other number ends the transfer.
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.too_big = transfer.answer.body.size() + size > authx::KeySet::kBytesMax;
    if (transfer.too_big) return 0;
    transfer.answer.body.append(data, size);
    return size;
  }
  static std::size_t on_field(char* data, std::size_t, std::size_t size, void* self) {
    constexpr std::string_view kName = "cache-control:";
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.head_bytes += size;
    transfer.too_big = transfer.head_bytes > kHeadBytesMax;
    if (transfer.too_big) return 0;
    const std::string_view line(data, size);
    if (base::equal_without_case(line.substr(0, kName.size()), kName))
      transfer.answer.max_age = authx::max_age_of(line.substr(kName.size()));
    return size;
  }

  void set_up(const authx::JwksSource& source);
  void end(CURLcode code);

  CURLM* const multi;
  CURL* const easy;
  Answer answer;
  std::size_t head_bytes = 0;
  bool too_big = false;
};

void KeyFetcher::Transfer::set_up(const authx::JwksSource& source) {
  const bool plain = source.url().starts_with("http://");
  curl_easy_setopt(easy, CURLOPT_URL, source.url().c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
  // Plain http is for this machine and its own network: no proxy that the environment names sees
  // what is fetched.
  if (plain) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!source.ca_file().empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, source.ca_file().c_str());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(source.fetch_time().count()));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // Do not wait for the resolver's thread, which may take minutes.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  // The next fetch is minutes away.
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "microframe");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_field);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
}

void KeyFetcher::Transfer::end(CURLcode code) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (too_big) {
    answer.error = "the answer is too big";
  } else if (code != CURLE_OK) {
    answer.error = curl_easy_strerror(code);
  } else if (status != 200) {
    answer.error = "status " + std::to_string(status);
  }
}

KeyFetcher::KeyFetcher() : curl_(std::make_unique<Libcurl>()) {}
KeyFetcher::~KeyFetcher() = default;

void KeyFetcher::begin(std::size_t id, const authx::JwksSource& source) {
  auto transfer = std::make_unique<Transfer>(curl_->multi(), id);
  transfer->set_up(source);
  curl_multi_add_handle(curl_->multi(), transfer->easy);
  transfers_.push_back(std::move(transfer));
}

std::vector<Fetcher::Answer> KeyFetcher::work(std::chrono::milliseconds at_most) {
  int running = 0;
  curl_multi_perform(curl_->multi(), &running);
  if (running == static_cast<int>(transfers_.size())) {
    // Returns for a socket, for libcurl's own deadlines, and for wake().
    curl_multi_poll(curl_->multi(), nullptr, 0, static_cast<int>(at_most.count()), nullptr);
    curl_multi_perform(curl_->multi(), &running);
  }
  std::vector<Answer> ended;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(curl_->multi(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    transfer->end(message->data.result);
    ended.push_back(std::move(transfer->answer));
    std::erase_if(transfers_, [&](const auto& one) { return one.get() == transfer; });
  }
  return ended;
}

void KeyFetcher::wake() {
  curl_multi_wakeup(curl_->multi());
}

std::unique_ptr<Fetcher> make_key_fetcher() {
  return std::make_unique<KeyFetcher>();
}

}  // namespace microframe::keys
