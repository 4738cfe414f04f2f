-- Reads the generations of one owner's scopes, or raises them. All numbers are microseconds of this server's time,
-- so that they rise even after the server has lost its data.
--
-- KEYS[1]: a hash with the generation of each raised scope, and three more fields:
--   e: the epoch, a lower bound of all generations; r: the server's run id when the epoch began;
--   w: a number that every change of any field raises
-- ARGV[1]: the server's run id; ARGV[2]: the caller's lower bound; ARGV[3]: 'read', 'raise' or 'raise-all'
-- ARGV[4..]: the numbers of the scopes
-- Returns w, then the generation of each scope.

-- The longest time between two uses of the hash: cache entries live for half of it.
local LIFE = 48 * 3600 * 1000
-- A hash of more scopes begins a new epoch, which needs no fields.
local MOST_FIELDS = 16384

local key, run_id, bound, action = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local stored = redis.call('HMGET', key, 'e', 'r', 'w')
local epoch, writes = tonumber(stored[1] or '0'), tonumber(stored[3] or '0')

local function text(number)
  return string.format('%.0f', number)
end

-- Another run id: this server may lack the last writes of the server before it.
if stored[2] ~= run_id or action == 'raise-all' or (action == 'raise' and redis.call('HLEN', key) > MOST_FIELDS) then
  epoch = math.max(writes + 1, bound + 1, now)
  writes = epoch
  -- A server without memory rejects only a script that begins with an addition. So an epoch can always begin.
  redis.call('DEL', key)
  redis.call('HSET', key, 'e', text(epoch), 'r', run_id, 'w', text(writes))
end

local scopes = { unpack(ARGV, 4) }
local fields = {}
if #scopes > 0 then
  fields = redis.call('HMGET', key, unpack(scopes))
end
local reply = { '' }
for place = 1, #scopes do
  local generation = math.max(tonumber(fields[place] or '0'), epoch, bound)
  if action == 'raise' then
    generation = math.max(generation + 1, now)
    writes = math.max(writes, generation)
    redis.call('HSET', key, scopes[place], text(generation))
  end
  reply[place + 1] = text(generation)
end
if action == 'raise' and #scopes > 0 then
  writes = math.max(writes, now) + 1
  redis.call('HSET', key, 'w', text(writes))
end
-- A read renews the life only from time to time, because each renewal is replicated.
if redis.call('PTTL', key) < LIFE - 3600 * 1000 then
  redis.call('PEXPIRE', key, LIFE)
end
reply[1] = text(writes)
return reply
