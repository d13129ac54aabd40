package content

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/calllog"
	"nexusai/server/tenant"
)

// How the contents of a call stand for somebody, as httpapi.LogDetail has it.
const (
	notKept  = "not_kept"
	pending  = "pending"
	denied   = "denied"
	expired  = "expired"
	deleted  = "deleted"
	lost     = "lost"
	settling = time.Minute // after its end in which a call's contents may be on their way
)

// mayRead says whether a caller may read what calls said. A key may not,
// whatever it may do else: the trail is to name a person.
func mayRead(c httpapi.Caller, p tenant.Contents) bool {
	return c.SessionID != "" && slices.Contains(p.Readers, c.Role)
}

const selectSealed = `
select c.at, c.sealed, c.expires_at, coalesce(l.model, '') from call_content c
left join inference_log l on l.tenant_id = c.tenant_id and l.at = c.at and l.id = c.call_id -- it may be stored a moment later
where c.tenant_id = $1 and c.call_id = $2`

// Read is what a call said. That it was read is in the trail, or it is not read.
func (b *Book) Read(ctx context.Context, c httpapi.Caller, call string) (said httpapi.CallContents, err error) {
	var sealed []byte
	err = b.DB.Tenant(ctx, c.TenantID, func(tx pgx.Tx) error {
		settings, err := tenant.ReadSettings(ctx, tx)
		if err != nil {
			return err
		}
		policy := settings.Kept()
		if !mayRead(c, policy) {
			return fault.New(fault.Forbidden, "Your role may not read what was asked and answered.", nil)
		}
		var at, until time.Time
		var model string
		err = tx.QueryRow(ctx, selectSealed, c.TenantID, call).Scan(&at, &sealed, &until, &model)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && b.over(at, until, policy) {
			return fault.New(fault.NotFound, "Nothing is kept of this call.", nil)
		}
		if err != nil {
			return fmt.Errorf("read what a call said: %w", err)
		}
		return audit.Append(ctx, tx, audit.Entry{Actor: audit.By(c), Action: "contents.read", TargetID: call, Target: model})
	})
	if err != nil {
		return said, err
	}
	plain, err := b.Keys.Open(sealed, place(c.TenantID, call))
	if err != nil {
		return said, fmt.Errorf("open what call %s said: %w", call, err)
	}
	if err := json.Unmarshal(plain, &said); err != nil {
		return said, fmt.Errorf("decode what call %s said: %w", call, err)
	}
	return said, nil
}

// over says whether contents expired. A policy that was made shorter holds for
// what is stored, one that was made longer does not.
func (b *Book) over(at, until time.Time, p tenant.Contents) bool {
	now := b.Now()
	return !now.Before(until) || !now.Before(at.Add(p.Age()))
}

const selectThere = `
select exists (select from call_content where tenant_id = $1 and at = $2 and call_id = $3),
    coalesce((select coalesce(key_id, user_id)::text from inference_log where tenant_id = $1 and at = $2 and id = $3), '')`

// Describe makes what a call's row says of its contents what holds for c.
func (b *Book) Describe(ctx context.Context, c httpapi.Caller, call *httpapi.LogDetail) error {
	said := call.Contents
	if call.Contents = notKept; said == calllog.ContentsDeclined {
		call.Contents = said
	}
	if said == calllog.ContentsDeclined || said == "" && call.State != string(calllog.Running) && call.ErrorCode != calllog.CodeInterrupted {
		return nil
	}
	err := b.DB.TenantRead(ctx, c.TenantID, func(tx pgx.Tx) error {
		settings, err := tenant.ReadSettings(ctx, tx)
		if err != nil {
			return err
		}
		policy := settings.Kept()
		switch {
		case said == calllog.ContentsKept:
			call.Contents, err = b.standing(ctx, tx, c, call, policy)
		case said == calllog.ContentsDropped:
			call.Contents = lost
		case !policy.Keep || call.At.Before(policy.Since):
		case call.State == string(calllog.Running):
			call.Contents = pending
		default: // the process died in the middle of it
			call.Contents = lost
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look for what a call said: %w", err)
	}
	return nil
}

// standing is how contents stand that were brought to the disk.
func (b *Book) standing(ctx context.Context, tx pgx.Tx, c httpapi.Caller, call *httpapi.LogDetail, p tenant.Contents) (string, error) {
	if call.ContentsUntil == nil || b.over(call.At, *call.ContentsUntil, p) {
		return expired, nil
	}
	if until := call.At.Add(p.Age()).UTC(); until.Before(*call.ContentsUntil) {
		call.ContentsUntil = &until
	}
	there, holder := false, ""
	if err := tx.QueryRow(ctx, selectThere, c.TenantID, call.At, call.ID).Scan(&there, &holder); err != nil {
		return "", err
	}
	if there && mayRead(c, p) {
		return calllog.ContentsKept, nil
	}
	if there {
		return denied, nil
	}
	gone, err := readErasures(ctx, tx, c.TenantID)
	if err != nil {
		return "", err
	}
	ended := call.At.Add(time.Duration(call.LatencyMS) * time.Millisecond)
	switch {
	case gone.cover(holder, call.At):
		return deleted, nil
	case b.Now().Sub(ended) < settling:
		return pending, nil
	}
	return lost, nil
}
