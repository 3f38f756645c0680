#include "cluster/redis_reader.hpp"

#include <hiredis/read.h>

#include <new>
#include <utility>

namespace microframe::cluster {

using Kind = RedisReply::Kind;

// What hiredis calls. It is C: nothing may fly through it, and nullptr says that there is no
// memory.
struct RedisReader::Functions {
  template <class Fill>
  static void* make(const redisReadTask* task, std::size_t items, Fill&& fill) {
    try {
      RedisReply* made = static_cast<RedisReader*>(task->privdata)->place(*task, items);
      if (made) fill(*made);
      return made;
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
  static void* text(const redisReadTask* task, char* bytes, std::size_t size) {
    return make(task, 0, [&](RedisReply& made) {
      made.kind = task->type == REDIS_REPLY_ERROR    ? Kind::error
                  : task->type == REDIS_REPLY_STATUS ? Kind::status
                                                     : Kind::text;
      made.text.assign(bytes, size);
    });
  }
  static void* array(const redisReadTask* task, int size) {
    const auto items = static_cast<std::size_t>(size);
    return make(task, items, [&](RedisReply& made) {
      made.kind = Kind::array;
      made.items.resize(items);
    });
  }
  static void* integer(const redisReadTask* task, long long value) {
    return make(task, 0, [&](RedisReply& made) {
      made.kind = Kind::integer;
      made.integer = value;
    });
  }
  static void* nil(const redisReadTask* task) {
    return make(task, 0, [](RedisReply& made) { made.kind = Kind::nil; });
  }
  // Every reply lies in the reader.
  static void free(void*) {}

  static redisReplyObjectFunctions* table() {
    static redisReplyObjectFunctions functions{text, array, integer, nil, free};
    return &functions;
  }
};

RedisReader::RedisReader() : reader_(redisReaderCreateWithFunctions(Functions::table())) {
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = this;
}

RedisReader::~RedisReader() {
  redisReaderFree(reader_);
}

// Where the reply that hiredis has read belongs; nullptr past the bound.
RedisReply* RedisReader::place(const redisReadTask& task, std::size_t items) {
  items_ += items;
  if (items_ > kItemsMax) return nullptr;
  if (!task.parent) return &(root_ = {});
  auto& parent = *static_cast<RedisReply*>(task.parent->obj);
  return &parent.items[static_cast<std::size_t>(task.idx)];
}

void RedisReader::feed(base::Bytes bytes) {
  const auto* from = reinterpret_cast<const char*>(bytes.data());
  if (redisReaderFeed(reader_, from, bytes.size()) != REDIS_OK && reader_->err == REDIS_ERR_OOM)
    throw std::bad_alloc();
}

base::Result<std::optional<RedisReply>, std::string> RedisReader::next() {
  void* made = nullptr;
  if (redisReaderGetReply(reader_, &made) != REDIS_OK) {
    if (items_ > kItemsMax) return base::fail(std::string("an answer has too many parts"));
    return base::fail(std::string(reader_->errstr));
  }
  if (made) {
    items_ = 0;
    return std::optional(std::exchange(root_, {}));
  }
  // What is held beyond what was cut is the text being read, with the line that announces it.
  constexpr std::size_t kLine = 64;
  if (reader_->len - reader_->pos > kTextBytesMax + kLine)
    return base::fail(std::string("an answer is too long"));
  return std::optional<RedisReply>();
}

}  // namespace microframe::cluster
