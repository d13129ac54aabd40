package api

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	"nexusai/server/budget"
	"nexusai/server/content"
	"nexusai/server/fleet"
	"nexusai/server/ledger"
	"nexusai/server/run"
	"nexusai/server/store"
	"nexusai/server/tenant"
)

// Chat answers sends and runs.
type Chat struct{ Runs *run.Runs }

var _ httpapi.Chat = Chat{}

// Send stores the message and starts its answer.
func (c Chat) Send(ctx context.Context, r httpapi.ChatRequest) (httpapi.Run, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Run{}, err
	}
	return c.Runs.Send(ctx, caller, r)
}

// Run returns an answer and its text so far.
func (c Chat) Run(ctx context.Context, id string) (httpapi.Run, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Run{}, err
	}
	return c.Runs.Get(ctx, caller, id)
}

// Stop ends an answer and keeps what was written.
func (c Chat) Stop(ctx context.Context, id string) (httpapi.Run, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Run{}, err
	}
	return c.Runs.Stop(ctx, caller, id)
}

// Models lists what the caller's team may use.
type Models struct {
	Fleet    *fleet.Fleet
	Contents *content.Book
}

var _ httpapi.Models = Models{}

// ListModels lists chat models first, and says of them whether what is said with
// them is kept: who asks is to know.
func (m Models) ListModels(ctx context.Context) ([]httpapi.Model, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return nil, err
	}
	models, err := m.Fleet.ListModels(ctx)
	if err != nil {
		return nil, err
	}
	days := m.Contents.KeptDays(caller.TenantID)
	for i := range models {
		if models[i].Kind == "chat" {
			models[i].KeptDays = days
		}
	}
	return models, nil
}

// Usage tells what the caller spent.
type Usage struct {
	DB  *store.DB
	Now func() time.Time // nil: time.Now
}

var _ httpapi.Usage = Usage{}

// Spend adds up the caller's day, which begins where the team's time zone says.
// A key is told what it spent itself, not what its maker did.
func (u Usage) Spend(ctx context.Context) (httpapi.Spend, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.Spend{}, err
	}
	now := time.Now
	if u.Now != nil {
		now = u.Now
	}
	if caller.KeyID != "" {
		caller.UserID = ""
	}
	var out httpapi.Spend
	err = u.DB.TenantRead(ctx, caller.TenantID, func(tx pgx.Tx) (err error) {
		settings, err := tenant.ReadSettings(ctx, tx)
		if err != nil {
			return err
		}
		today, _ := budget.Daily.Span(now(), settings.Zone())
		out.TodayNanoUSD, out.CallsToday, err = ledger.Spend(ctx, tx, caller.TenantID, caller.UserID, caller.KeyID, today)
		return err
	})
	return out, err
}
