-- Takes one event of each limit, if all of them allow it. Returns -1, or the microseconds until all of them would.
--
-- KEYS: for each limit, a sorted set of its events, by the end of their windows in microseconds
-- ARGV[1]: the event, or an empty string to take none
-- ARGV[2..]: for each limit, the greatest number of events, and the window in microseconds
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local past = string.format('%.0f', now)
local wait = -1
for place, key in ipairs(KEYS) do
  local excess = redis.call('ZCOUNT', key, '(' .. past, '+inf') - tonumber(ARGV[2 * place])
  if excess >= 0 then
    -- When this event's window ends, there are fewer events than the limit.
    local last = redis.call('ZRANGEBYSCORE', key, '(' .. past, '+inf', 'WITHSCORES', 'LIMIT', excess, 1)[2]
    wait = math.max(wait, last and last - now or tonumber(ARGV[2 * place + 1]))
  end
end
if wait >= 0 or ARGV[1] == '' then
  return wait
end
for place, key in ipairs(KEYS) do
  local window = tonumber(ARGV[2 * place + 1])
  if window > 0 then
    -- A server without memory rejects only the first write of a script, so this one must be an addition.
    redis.call('ZADD', key, string.format('%.0f', now + window), ARGV[1])
    redis.call('ZREMRANGEBYSCORE', key, '-inf', past)
    local life = math.ceil(window / 1000)
    if redis.call('PTTL', key) < life then redis.call('PEXPIRE', key, string.format('%.0f', life)) end
  end
end
return -1
