// What is read ahead of a stream's Socket: not a byte less nor more, however it comes.

#include "net/preface.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "net/loop.hpp"

namespace microframe::net {
namespace {

// Takes a preface that ends with '|', and writes the next piece each time it was told of one.
class Reader final : public PrefaceEvents {
 public:
  Reader(Loop& loop, std::vector<std::string> pieces) : loop_(loop), pieces_(std::move(pieces)) {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    other_ = pair[1];
    preface_ = std::make_unique<Preface>(loop, pair[0], *this);
    write_next();
  }
  ~Reader() {
    if (fd_ >= 0) ::close(fd_);
    if (other_ >= 0) ::close(other_);
  }

  void on_preface(base::Bytes so_far) override {
    ++calls;
    const std::size_t end = base::as_text(so_far).find('|');
    if (end == std::string::npos) return write_next();
    preface = base::as_text(so_far.first(end + 1));
    fd_ = preface_->release(end + 1).release();
    preface_.reset();
    loop_.stop();
  }
  void on_preface_end(bool is_empty) override {
    empty = is_empty;
    ended = true;
    preface_.reset();
    loop_.stop();
  }
  // What a reader of the descriptor finds behind the preface.
  std::string rest() const {
    char bytes[64];
    const ssize_t size = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
    return {bytes, size < 0 ? 0 : static_cast<std::size_t>(size)};
  }

  std::string preface;
  int calls = 0;
  bool ended = false;
  bool empty = false;

 private:
  void write_next() {
    if (next_ == pieces_.size()) {
      ::close(std::exchange(other_, -1));
    } else {
      EXPECT_GT(::send(other_, pieces_[next_].data(), pieces_[next_].size(), 0), 0);
      ++next_;
    }
  }

  Loop& loop_;
  std::vector<std::string> pieces_;
  std::size_t next_ = 0;
  int other_ = -1;
  int fd_ = -1;
  std::unique_ptr<Preface> preface_;
};

TEST(Preface, ReadsNotAByteTooManyAtAnyCut) {
  const std::string stream = "preface|rest";
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    Loop loop;
    Reader reader(loop, {stream.substr(0, cut), stream.substr(cut)});
    loop.run();
    EXPECT_EQ(reader.preface, "preface|") << cut;
    EXPECT_EQ(reader.rest(), cut < 8 ? "rest" : stream.substr(8, cut - 8)) << cut;
    EXPECT_EQ(reader.calls, cut < 8 ? 2 : 1) << cut;
  }
}

TEST(Preface, TellsEachByteOnce) {
  Loop loop;
  std::vector<std::string> pieces;
  for (const char c : std::string("preface|")) pieces.emplace_back(1, c);
  Reader reader(loop, pieces);
  loop.run();
  EXPECT_EQ(reader.preface, "preface|");
  EXPECT_EQ(reader.calls, 8);
}

TEST(Preface, SaysOfAnEarlyEndWhetherAnythingCame) {
  for (const bool empty : {true, false}) {
    Loop loop;
    Reader reader(loop, empty ? std::vector<std::string>{} : std::vector<std::string>{"pre"});
    loop.run();
    EXPECT_TRUE(reader.ended);
    EXPECT_EQ(reader.empty, empty);
  }
}

}  // namespace
}  // namespace microframe::net
