-- Takes requests from a bucket (GCRA), if it holds that many.
--
-- KEYS[1]: the time at which the bucket will be full, in microseconds; a missing bucket is full
-- ARGV[1]: the microseconds in which the bucket gains a request; ARGV[2]: the requests that a full bucket holds
-- ARGV[3]: the requests to take; ARGV[4]: the requests to take in addition, as a credit
-- ARGV[5]: the requests that no credit may take; ARGV[6]: a credit is at most the others divided by this
-- Returns the whole requests that the bucket holds, -1 or the microseconds until it would hold enough, and the credit.
local interval, most, weight = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)

local missing = full_at - now + weight * interval
local wait = missing - most * interval
if wait > 0 then
  return { math.floor((most * interval - (full_at - now)) / interval), wait, 0 }
end
local credit = math.max(0, math.min(tonumber(ARGV[4]), math.floor((-wait / interval - ARGV[5]) / ARGV[6])))
missing = missing + credit * interval
-- A full bucket is removed.
redis.call('SET', KEYS[1], string.format('%.0f', now + missing), 'PX', string.format('%.0f', math.ceil(missing / 1000)))
return { math.floor((most * interval - missing) / interval), -1, credit }
