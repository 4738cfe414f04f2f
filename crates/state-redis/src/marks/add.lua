-- Adds a mark, with the time as its score. Each score is greater than all before it, so that readers miss no mark.
--
-- KEYS[1]: the sorted set of an owner's marks
-- ARGV[1]: the mark; ARGV[2]: the life of marks in microseconds; ARGV[3]: the greatest number of marks
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
local score = math.max(now, last and last + 1 or 0)
redis.call('ZADD', KEYS[1], string.format('%.0f', score), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[2]))
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -ARGV[3] - 1)
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil(ARGV[2] / 1000)))
