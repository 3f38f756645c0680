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
// kept apart from an epoch that somebody remembers.
constexpr const char* kCommon = R"(
local t = redis.call('TIME')
local now = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))
local function last_of(key)
  local found = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)
  if found[1] then return found[1][1] end
  if redis.call('EXISTS', key) == 0 then return nil end
  local info = redis.call('XINFO', 'STREAM', key)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
end
local function epoch_of(id)
  return string.match(id, '^%d+')
end
local function epoch_above(epoch)
  return string.format('%.0f', math.max(tonumber(now), tonumber(epoch) + 1))
end
)";

// Redis itself counts the offset in the usual case: the stream is there, and its last id is of the
// epoch that we know. The error, or an offset of 0, says that it has a higher or a lower one.
constexpr const char* kAppend = R"(
local function add(key, epoch, kept, message)
  local above = '0'
  if epoch ~= '' then
    local id = redis.pcall('XADD', key, 'NOMKSTREAM', 'MAXLEN', '=', kept, epoch .. '-*', 'm', message, 't', now)
    if type(id) == 'string' then
      if string.sub(id, -2) ~= '-0' then return id end
      redis.call('XDEL', key, id)
      return redis.call('XADD', key, 'MAXLEN', '=', kept, epoch_above(epoch) .. '-1', 'm', message, 't', now), true
    end
    if id and not string.find(id.err, 'equal or smaller', 1, true) then return id end
    above = epoch
  end
  local last = last_of(key)
  if last then
    return redis.call('XADD', key, 'MAXLEN', '=', kept, epoch_of(last) .. '-*', 'm', message, 't', now)
  end
  return redis.call('XADD', key, epoch_above(above) .. '-1', 'm', message, 't', now), true
end
local function append(key, once, at)
  if once then
    local before = redis.call('GET', once)
    if before then return '=' .. before end
  end
  local message = ARGV[at + 6]
  local id, is_new = add(key, ARGV[at], ARGV[at + 1], message)
  if type(id) ~= 'string' then return '!' .. id.err end
  if is_new or ARGV[at + 3] == '1' then redis.call('PEXPIRE', key, ARGV[at + 2]) end
  if once then redis.call('SET', once, id, 'PX', 300000) end
  redis.call(ARGV[1], ARGV[at + 5], id .. ' ' .. message)
  return id
end
local out, k = {}, 1
for at = 2, #ARGV, 7 do
  local once
  local key = KEYS[k]
  k = k + 1
  if ARGV[at + 4] == '1' then once = KEYS[k]; k = k + 1 end
  local ok, id = pcall(append, key, once, at)
  if not ok then id = '!' .. (type(id) == 'table' and id.err or tostring(id)) end
  out[#out + 1] = id
end
return out
)";

constexpr const char* kRead = R"(
local last = last_of(KEYS[1])
if not last then return {} end
local epoch = epoch_of(last)
return {last, now, redis.call('XRANGE', KEYS[1], epoch .. '-' .. ARGV[1], epoch, 'COUNT', ARGV[2])}
)";

constexpr const char* kPositions = R"(
local out = {}
for i, key in ipairs(KEYS) do out[i] = last_of(key) or '' end
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
if epoch_of(last) ~= ARGV[1] then return last end
local epoch = epoch_above(ARGV[1])
local ttl = redis.call('PTTL', KEYS[1])
local all = redis.call('XRANGE', KEYS[1], ARGV[1] .. '-0', '+')
local id
for i, entry in ipairs(all) do
  id = redis.call('XADD', KEYS[1], epoch .. '-' .. i, unpack(entry[2]))
end
redis.call('XTRIM', KEYS[1], 'MINID', '=', epoch .. '-1')
if ttl > 0 then redis.call('PEXPIRE', KEYS[1], ttl) end
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
