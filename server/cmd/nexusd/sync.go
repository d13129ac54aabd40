package main

import (
	"context"
	"net/http"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/identity"
	"nexusai/server/replication"
	"nexusai/server/stream"
)

// sync answers the devices. Only people have something to sync: a key has no
// conversations. What stays open ends with the right to it, and when the server
// drains.
func (srv *server) sync(auth *identity.Authenticator) http.Handler {
	mux := http.NewServeMux()
	srv.hub.Routes(mux, func(r *http.Request) (replication.Principal, error) {
		c, err := person(auth, r)
		return replication.Principal{TenantID: c.TenantID, UserID: c.UserID, DeviceID: c.DeviceID}, err
	})
	seats := stream.NewSeats(0)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, err := person(auth, r)
		if err != nil || r.URL.Path != "/api/sync/live" {
			mux.ServeHTTP(w, r) // it refuses by itself
			return
		}
		leave, err := seats.Take(caller.TenantID, caller.UserID)
		if err != nil {
			httpapi.WriteProblem(w, err)
			return
		}
		defer leave()
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		ended, stop := auth.Watch(caller)
		defer stop()
		go func() {
			defer cancel()
			select {
			case <-ended:
			case <-srv.draining:
			case <-ctx.Done():
			}
		}()
		mux.ServeHTTP(w, r.WithContext(ctx))
	})
}

func person(auth httpapi.Auth, r *http.Request) (httpapi.Caller, error) {
	c, err := auth.Authenticate(r)
	if err == nil && (c.UserID == "" || !c.Can(httpapi.UseChat)) {
		err = fault.New(fault.Forbidden, "Your role does not allow this.", nil)
	}
	return c, err
}
