package limit

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	placeFor   = 90 * time.Second // a place whose process died is free after this
	renewEvery = 30 * time.Second
	// maxReturns bounds what waits to be given back, so that nobody waits for it;
	// over it the caller does.
	maxReturns = 4096
)

var (
	//go:embed take.lua
	takeText string
	//go:embed give.lua
	giveText string

	takeScript = redis.NewScript(takeText)
	giveScript = redis.NewScript(giveText)
)

// Redis is Counters that any number of processes share, exactly.
type Redis struct {
	client  redis.UniversalClient
	returns chan giving

	mu   sync.Mutex          // guards held
	held map[string][]string // keys of the places that a hold of this process has
}

// giving is a Give that waits its turn.
type giving struct {
	hold   string
	claims []Claim
	caught chan struct{} // not nil: nothing is given, somebody waits for this turn
}

var (
	_ Counters = (*Redis)(nil)
	_ late     = (*Redis)(nil)
)

// NewRedis makes counters of a client, which it does not close.
func NewRedis(client redis.UniversalClient) *Redis {
	return &Redis{client: client, returns: make(chan giving, maxReturns), held: map[string][]string{}}
}

// OpenRedis connects to an address such as redis://:password@host:6379/0; it
// dials nothing yet.
func OpenRedis(url string) (*redis.Client, error) {
	opts, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("the address of Redis: %w", err)
	}
	opts.DialTimeout, opts.ReadTimeout, opts.WriteTimeout = takeWithin, takeWithin, takeWithin
	opts.MaxRetries, opts.DialerRetries = 1, 1
	opts.DisableIdentity = true
	return redis.NewClient(opts), nil
}

// bucketKey keeps a tenant's buckets in one slot of a cluster, as a script needs.
func bucketKey(key string) string {
	tenant, rest, _ := strings.Cut(key, "/")
	return "nexus:limit:{" + tenant + "}:" + rest
}

func scriptArgs(hold string, claims []Claim) (keys []string, args []any) {
	args = append(args, hold, placeFor.Milliseconds())
	for _, c := range claims {
		keys = append(keys, bucketKey(c.Key))
		if c.Concurrent {
			args = append(args, "places", c.Cost, c.Limit, 0)
			continue
		}
		args = append(args, "rate", c.Cost, c.Limit, c.Window.Milliseconds())
	}
	return keys, args
}

// Take implements Counters.
func (r *Redis) Take(ctx context.Context, hold string, claims []Claim) (Taken, error) {
	keys, args := scriptArgs(hold, claims)
	got, err := takeScript.Run(ctx, r.client, keys, args...).Int64Slice()
	if err != nil {
		return Taken{}, fmt.Errorf("take from Redis: %w", err)
	}
	if len(got) < 2 {
		return Taken{}, fmt.Errorf("take from Redis: answered %v", got)
	}
	if got[0] > 0 {
		return Taken{Refused: int(got[0]) - 1, Wait: time.Duration(got[1]) * time.Millisecond}, nil
	}
	r.remember(hold, claims)
	return granted(got[2:]), nil
}

func (r *Redis) remember(hold string, claims []Claim) {
	var places []string
	for _, c := range claims {
		if c.Concurrent {
			places = append(places, bucketKey(c.Key))
		}
	}
	if len(places) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held[hold] = places
}

// Give implements Counters. It returns at once unless too much waits already;
// Run does the work.
func (r *Redis) Give(ctx context.Context, hold string, claims []Claim) error {
	r.mu.Lock()
	delete(r.held, hold)
	r.mu.Unlock()
	one := giving{hold: hold, claims: claims}
	select {
	case r.returns <- one:
		return nil
	default:
		return r.give(ctx, one)
	}
}

// Catch implements late; Run must be under way.
func (r *Redis) Catch(ctx context.Context) {
	turn := giving{caught: make(chan struct{})}
	select {
	case r.returns <- turn:
	case <-ctx.Done():
		return
	}
	select {
	case <-turn.caught:
	case <-ctx.Done():
	}
}

func (r *Redis) give(ctx context.Context, g giving) error {
	if g.caught != nil {
		close(g.caught)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, giveWithin)
	defer cancel()
	keys, args := scriptArgs(g.hold, g.claims)
	if err := giveScript.Run(ctx, r.client, keys, args...).Err(); err != nil {
		return fmt.Errorf("give back to Redis: %w", err)
	}
	return nil
}

// Run gives back what waits, and renews the places that this process has. What
// waits when ctx ends is given back before it returns.
func (r *Redis) Run(ctx context.Context) error {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case g := <-r.returns:
			_ = r.give(context.WithoutCancel(ctx), g) // rates heal by themselves, places expire
		case <-tick.C:
			r.renew(ctx)
		case <-ctx.Done():
			return r.drain(context.WithoutCancel(ctx))
		}
	}
}

func (r *Redis) drain(ctx context.Context) error {
	for {
		select {
		case g := <-r.returns:
			if err := r.give(ctx, g); err != nil {
				return nil //nolint:nilerr // Redis is away: places expire
			}
		default:
			return nil
		}
	}
}

// renew is best effort: a place that is not renewed in three tries is free, and
// its limit is exceeded by one until the attempt ends.
func (r *Redis) renew(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, giveWithin)
	defer cancel()
	now, err := r.client.Time(ctx).Result()
	if err != nil {
		return
	}
	until := float64(now.Add(placeFor).UnixMilli())
	r.mu.Lock()
	pipe := r.client.Pipeline()
	for hold, keys := range r.held {
		for _, key := range keys {
			pipe.ZAddXX(ctx, key, redis.Z{Score: until, Member: hold})
			pipe.PExpire(ctx, key, placeFor)
		}
	}
	r.mu.Unlock()
	_, _ = pipe.Exec(ctx) // the next tick tries again
}
