#include "cluster/redis_script.hpp"

#include <openssl/evp.h>

#include <array>

namespace microframe::cluster {
namespace {

std::string sha1_of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

// An epoch is a time in milliseconds, so that a log which was lost goes on with a higher one; it is
// kept apart from an epoch that somebody remembers. An entry has one field: its name is the time, its
// value the message, which begins with a header (RedisAppends::Header).
constexpr const char* kCommon = R"(
local t = redis.call('TIME')
local now = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))
local function last_of(key)
  local found = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)
  if found[1] then return found[1] end
  if redis.call('EXISTS', key) == 0 then return nil end
  local info = redis.call('XINFO', 'STREAM', key)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return {info[i + 1]} end
  end
end
local function epoch_of(id)
  return string.match(id, '^%d+')
end
local function epoch_above(epoch)
  return string.format('%.0f', math.max(tonumber(now), tonumber(epoch) + 1))
end
local function kept_of(message)
  return struct.unpack('>I4', message, 17)
end
)";

// Redis itself counts the offset in the usual case: the stream is there, and its last id is of the
// epoch that we know. The error, or an offset of 0, says that it has a higher or a lower one. MAXLEN
// trims by whole nodes of the stream, which costs half as much: read() leaves out what is too much.
// The usual case calls no function of Lua's.
constexpr const char* kAppend = R"(
local function begin(key, epoch, kept, life, message)
  local id = redis.call('XADD', key, 'MAXLEN', '~', kept, epoch_above(epoch) .. '-1', now, message)
  redis.call('PEXPIRE', key, life)
  return id
end
local function add(key, epoch, kept, life, message, id)
  if type(id) == 'string' then
    redis.call('XDEL', key, id)
    return begin(key, epoch, kept, life, message)
  end
  if id and id.err and not string.find(id.err, 'equal or smaller', 1, true) then return id end
  local last = last_of(key)
  if not last then return begin(key, epoch == '' and '0' or epoch, kept, life, message) end
  return redis.call('XADD', key, 'MAXLEN', '~', kept, epoch_of(last[1]) .. '-*', now, message)
end
local ARGV, KEYS, redis_pcall, publish, byte, type = ARGV, KEYS, redis.pcall, ARGV[1], string.byte, type
local out, n, k = {}, 0, 1
for at = 2, #ARGV, 7 do
  local key, epoch, message, name, id, failed = KEYS[k], ARGV[at], ARGV[at + 6], nil, false, nil
  k = k + 1
  if ARGV[at + 4] == '1' then
    name = KEYS[k]
    k = k + 1
    local before = redis_pcall('GET', name)
    if type(before) == 'string' then id = '=' .. before end
    if type(before) == 'table' then id = before end
  end
  if not id then
    if epoch ~= '' then
      id = redis_pcall('XADD', key, 'NOMKSTREAM', 'MAXLEN', '~', ARGV[at + 1], epoch .. '-*', now, message)
    end
    if type(id) ~= 'string' or byte(id, -1) == 48 and byte(id, -2) == 45 then
      local ok
      ok, id = pcall(add, key, epoch, ARGV[at + 1], ARGV[at + 2], message, id)
      if not ok and type(id) == 'string' then id = {err = id} end
    end
    if type(id) == 'string' then
      if ARGV[at + 3] == '1' then redis_pcall('PEXPIRE', key, ARGV[at + 2]) end
      if name then redis_pcall('SET', name, id, 'PX', 300000) end
      local heard = redis_pcall(publish, ARGV[at + 5], id .. ' ' .. message)
      if type(heard) == 'table' then id = heard end
    end
  end
  if type(id) == 'table' then id = '!' .. id.err end
  n = n + 1
  out[n] = id
end
return out
)";

// Whole pages of what is too old are passed over.
constexpr const char* kRead = R"(
local last = last_of(KEYS[1])
if not last then return {} end
if not last[2] then return {last, now, {}} end
local epoch, offset = string.match(last[1], '^(%d+)-(%d+)$')
local from = math.max(tonumber(ARGV[1]), offset - kept_of(last[2][2]) + 1)
local oldest = tonumber(now) - struct.unpack('>I8', last[2][2], 9)
local limit = tonumber(ARGV[2])
local entries
repeat
  entries = redis.call('XRANGE', KEYS[1], epoch .. '-' .. string.format('%.0f', from), epoch, 'COUNT', limit)
  from = from + limit
until #entries < limit or limit == 0 or tonumber(entries[#entries][2][1]) > oldest
return {last, now, entries}
)";

constexpr const char* kPositions = R"(
local out = {}
for i, key in ipairs(KEYS) do
  local last = last_of(key)
  out[i] = last and last[1] or ''
end
return out
)";

// The first write of a script is the one that may fail for want of memory; it is not a DEL.
constexpr const char* kRenew = R"(
local last = last_of(KEYS[1])
if not last then
  if ARGV[1] ~= '0' then return '' end
  redis.call('XGROUP', 'CREATE', KEYS[1], 'g', '0', 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', KEYS[1], 'g')
  redis.call('XSETID', KEYS[1], now .. '-0')
  redis.call('PEXPIRE', KEYS[1], 3600000)
  return now .. '-0'
end
if epoch_of(last[1]) ~= ARGV[1] then return last[1] end
local epoch = epoch_above(ARGV[1])
if not last[2] then
  redis.call('XSETID', KEYS[1], epoch .. '-0')
  return epoch .. '-0'
end
local all = redis.call('XRANGE', KEYS[1], ARGV[1] .. '-0', '+')
local gone = math.max(#all - kept_of(last[2][2]), 0)
local id
for i = gone + 1, #all do
  id = redis.call('XADD', KEYS[1], epoch .. '-' .. (i - gone), unpack(all[i][2]))
end
redis.call('XTRIM', KEYS[1], 'MINID', '=', epoch .. '-1')
return id
)";

constexpr const char* kNodes = R"(
local function nodes_of(name)
  local text = redis.call('HGET', KEYS[1], name)
  return text and cmsgpack.unpack(text) or {}
end
local function put_nodes(name, nodes)
  if #nodes == 0 then
    redis.call('HDEL', KEYS[1], name)
  else
    redis.call('HSET', KEYS[1], name, cmsgpack.pack(nodes))
  end
end
local function without(nodes, node)
  local left = {}
  for _, each in ipairs(nodes) do
    if each ~= node then left[#left + 1] = each end
  end
  return left
end
)";

constexpr const char* kEnter = R"(
local nodes = nodes_of(ARGV[1])
local first = #nodes == 0
nodes = without(nodes, ARGV[2])
nodes[#nodes + 1] = ARGV[2]
put_nodes(ARGV[1], nodes)
return first and 1 or 0
)";

constexpr const char* kLeave = R"(
local nodes = nodes_of(ARGV[1])
local left = without(nodes, ARGV[2])
if #left == #nodes then return 0 end
put_nodes(ARGV[1], left)
return #left == 0 and 1 or 0
)";

// The names are kept in the set until who asked has been told: the answer may get lost.
constexpr const char* kStrike = R"(
local found = redis.call('HSCAN', KEYS[1], ARGV[2], 'COUNT', 500)
for i = 1, #found[2], 2 do
  local name, nodes = found[2][i], cmsgpack.unpack(found[2][i + 1])
  local left = without(nodes, ARGV[1])
  if #left ~= #nodes then
    put_nodes(name, left)
    if #left == 0 then
      redis.call('SADD', KEYS[2], name)
      redis.call('PEXPIRE', KEYS[2], 600000)
    end
  end
end
if found[1] ~= '0' then return {found[1]} end
local gone = {'0'}
for _, name in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if redis.call('HEXISTS', KEYS[1], name) == 0 then gone[#gone + 1] = name end
end
return gone
)";

}  // namespace

RedisScript::RedisScript(std::string source)
    : source_(std::move(source)), sha1_(sha1_of(source_)) {}

std::string RedisScript::by_name(const RedisArguments& arguments) const {
  return redis_command({"EVALSHA", sha1_}, arguments);
}

std::string RedisScript::whole(const RedisArguments& arguments) const {
  return redis_command({"EVAL", source_}, arguments);
}

const RedisScript& RedisScript::append() {
  static const RedisScript script(std::string(kCommon) + kAppend);
  return script;
}

const RedisScript& RedisScript::read() {
  static const RedisScript script(std::string(kCommon) + kRead);
  return script;
}

const RedisScript& RedisScript::positions() {
  static const RedisScript script(std::string(kCommon) + kPositions);
  return script;
}

const RedisScript& RedisScript::renew() {
  static const RedisScript script(std::string(kCommon) + kRenew);
  return script;
}

const RedisScript& RedisScript::enter() {
  static const RedisScript script(std::string(kNodes) + kEnter);
  return script;
}

const RedisScript& RedisScript::leave() {
  static const RedisScript script(std::string(kNodes) + kLeave);
  return script;
}

const RedisScript& RedisScript::strike() {
  static const RedisScript script(std::string(kNodes) + kStrike);
  return script;
}

}  // namespace microframe::cluster
