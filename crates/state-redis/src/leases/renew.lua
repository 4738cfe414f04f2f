-- Makes a lease end at another time, or at once. Returns 1, or 0 if the lease has ended.
--
-- KEYS[1]: the token of the current lease
-- ARGV[1]: the token of the caller's lease; ARGV[2]: its life from now in milliseconds, 0 to release it
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if ARGV[2] == '0' then
  return redis.call('DEL', KEYS[1])
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
