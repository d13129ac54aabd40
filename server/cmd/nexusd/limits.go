package main

import (
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"nexusai/server/limit"
)

// limits prepares the rates: counted in Redis where there is one, lent out by
// the database where other processes may use it too, else in this process.
func (srv *server) limits() (err error) {
	var counters limit.Counters
	switch {
	case srv.settings["redis_url"].text != "":
		logging.Disable() // what fails is returned, and said once
		var client *redis.Client
		if client, err = limit.OpenRedis(srv.settings["redis_url"].text); err != nil {
			return err
		}
		counters, srv.sharing = limit.NewRedis(client), "redis"
	case srv.settings["database_url"].text != "":
		counters, srv.sharing = limit.NewLeases(srv.db, srv.log, nil), "postgres"
	default:
		counters, srv.sharing = limit.NewMemory(nil), "process"
	}
	srv.rules = limit.NewBook(srv.db, srv.log, nil)
	srv.limiter, err = limit.New(limit.Config{Counters: counters, Rules: srv.rules, Log: srv.log})
	return err
}
