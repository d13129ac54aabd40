-- Takes every claim or none. KEYS: the buckets; ARGV: the hold, how long a
-- place is kept (ms), then for each bucket: "rate" or "places", cost, limit,
-- window (ms). Answers {index of the refused claim from 1 or 0, ms to wait,
-- what each bucket holds}. The time is Redis's own, so clocks of servers do not
-- matter. Levels are kept in thousandths.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local levels = {}
for i, key in ipairs(KEYS) do
  local a = (i - 1) * 4 + 2
  local cost, limit, window = tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
  if ARGV[a + 1] == 'places' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    levels[i] = limit - redis.call('ZCARD', key)
    if levels[i] < cost then return {i, 1000} end
  else
    local kept = redis.call('HMGET', key, 'level', 'at')
    local level = limit
    if kept[1] then
      local passed = math.max(0, now - tonumber(kept[2]))
      level = math.min(limit, tonumber(kept[1]) / 1000 + limit * passed / window)
    end
    levels[i] = level
    if level < cost then return {i, math.ceil((cost - level) * window / limit)} end
  end
end
local left = {0, 0}
for i, key in ipairs(KEYS) do
  local a = (i - 1) * 4 + 2
  local cost, window = tonumber(ARGV[a + 2]), tonumber(ARGV[a + 4])
  if cost == 0 then
    -- Only a look.
  elseif ARGV[a + 1] == 'places' then
    redis.call('ZADD', key, now + tonumber(ARGV[2]), ARGV[1])
    redis.call('PEXPIRE', key, ARGV[2])
  else
    redis.call('HSET', key, 'level', string.format('%.0f', (levels[i] - cost) * 1000), 'at', now)
    redis.call('PEXPIRE', key, math.ceil(window * 2))
  end
  left[i + 2] = math.floor(levels[i] - cost)
end
return left
