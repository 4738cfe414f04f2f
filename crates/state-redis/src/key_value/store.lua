-- Stores a value, if the stored one has the expected version.
--
-- KEYS[1]: the value: a byte for the format, eight bytes for the version, and the sealed rest
-- KEYS[2], if values are counted by owner: a sorted set of the owner's keys, by the end of their lives in microseconds
-- ARGV[1]: 'any', 'none' (there must be no value) or 'version'; ARGV[2]: the eight bytes of the expected version
-- ARGV[3]: the value; ARGV[4]: its life in milliseconds, 0 for a value that expires at once
-- ARGV[5]: the greatest number of the owner's values
-- Returns {1}, {0} for a full store, or else {-1, the stored value} or {-1} without one.
local key, index, condition, value = KEYS[1], KEYS[2], ARGV[1], ARGV[3]
local life = tonumber(ARGV[4])

if condition ~= 'any' then
  local stored = redis.call('GET', key)
  local is_expected = condition == 'none' and not stored
    or condition == 'version' and stored and string.sub(stored, 2, 9) == ARGV[2]
  if not is_expected then
    return stored and { -1, stored } or { -1 }
  end
end

if life == 0 then
  redis.call('DEL', key)
  if index then redis.call('ZREM', index, key) end
  return { 1 }
end
if index then
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  local past = string.format('%.0f', now)
  if not redis.call('ZSCORE', index, key) and redis.call('ZCOUNT', index, '(' .. past, '+inf') >= tonumber(ARGV[5]) then
    return { 0 }
  end
  -- A server without memory rejects only the first write of a script, so this one must be an addition.
  redis.call('ZADD', index, string.format('%.0f', now + life * 1000), key)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', past)
  -- The set lives as long as its longest value.
  if redis.call('PTTL', index) < life then redis.call('PEXPIRE', index, string.format('%.0f', life)) end
end
redis.call('SET', key, value, 'PX', string.format('%.0f', life))
return { 1 }
