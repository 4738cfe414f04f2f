-- Acquires a lease, if it is free. Returns its token; false if it is held.
--
-- KEYS[1]: the token of the current lease, which expires with it; KEYS[2]: the token of the last lease
-- ARGV[1]: the life in milliseconds, 0 for a lease that ends at once
-- A token is the time in microseconds, or one more than the last token. So it rises even after a loss of all data.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return false
end
local time = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
local token = string.format('%.0f', math.max(time[1] * 1000000 + time[2], last + 1))
local life = tonumber(ARGV[1])
-- A day longer than the lease, in case the clock is set back.
redis.call('SET', KEYS[2], token, 'PX', string.format('%.0f', life + 24 * 3600 * 1000))
if life > 0 then
  redis.call('SET', KEYS[1], token, 'PX', ARGV[1])
end
return token
