-- Removes a value, if it has the expected version. Returns 1, or 0 if nothing was removed.
--
-- KEYS[1]: the value, as in store.lua; KEYS[2], if values are counted by owner: the set of the owner's keys
-- ARGV[1]: 'any' or 'version'; ARGV[2]: the eight bytes of the expected version
if ARGV[1] == 'version' and redis.call('GETRANGE', KEYS[1], 1, 8) ~= ARGV[2] then
  return 0
end
if KEYS[2] then redis.call('ZREM', KEYS[2], KEYS[1]) end
return redis.call('DEL', KEYS[1])
