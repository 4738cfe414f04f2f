-- Returns the marks that were added after a time, each followed by its time.
--
-- KEYS[1]: the sorted set of an owner's marks
-- ARGV[1]: the time in microseconds; ARGV[2]: the life of marks in microseconds
local time = redis.call('TIME')
local oldest = time[1] * 1000000 + time[2] - ARGV[2]
local from = math.max(oldest, tonumber(ARGV[1]))
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', from), '+inf', 'WITHSCORES')
