-- Corrects what was taken; the arguments are those of take.lua, and a cost goes
-- back into its bucket.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for i, key in ipairs(KEYS) do
  local a = (i - 1) * 4 + 2
  local cost, limit, window = tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
  if ARGV[a + 1] == 'places' then
    redis.call('ZREM', key, ARGV[1])
  else
    local kept = redis.call('HMGET', key, 'level', 'at')
    local level = limit
    if kept[1] then
      local passed = math.max(0, now - tonumber(kept[2]))
      level = math.min(limit, tonumber(kept[1]) / 1000 + limit * passed / window)
    end
    level = math.min(limit, level + cost)
    -- A debt is paid at the limit's pace: the key lives until it is.
    local life = window * 2 + math.max(0, -level) * window / limit
    redis.call('HSET', key, 'level', string.format('%.0f', level * 1000), 'at', now)
    redis.call('PEXPIRE', key, math.ceil(life))
  end
end
return 0
