-- Records a sign of life of one replica, and returns the replicas that gave one lately.
--
-- KEYS[1]: a sorted set of replica ids, by the time of their last sign of life in microseconds
-- ARGV[1]: the id; ARGV[2]: the time in microseconds after which a silent replica is dropped
-- Returns 1 if the id was not on the list, or else 0; then each id and the microseconds of its silence.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[2]))
local reply = { redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1]) }
redis.call('PEXPIRE', KEYS[1], 60000)
local seen = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for place = 1, #seen, 2 do
  reply[#reply + 1] = seen[place]
  reply[#reply + 1] = string.format('%.0f', math.max(now - seen[place + 1], 0))
end
return reply
