package tenant

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
)

// Unpriced says what happens to a call of which nobody knows what it costs.
type Unpriced string

// DenyUnpriced refuses one where a provider is known to ask for money or a
// budget binds the caller; AllowUnpriced lets it through, marked in the log.
// Models of this server's own cost nothing and are never unpriced.
const (
	DenyUnpriced  Unpriced = "deny"
	AllowUnpriced Unpriced = "allow"
)

// Settings are what a tenant decides for itself.
type Settings struct {
	TimeZone string    `json:"time_zone,omitempty"` // IANA; empty: UTC
	Unpriced Unpriced  `json:"unpriced,omitempty"`  // empty: deny
	Contents *Contents `json:"contents,omitempty"`  // nil: see Kept
}

// Zone is where the tenant's days begin; UTC if none is set or known here.
func (s Settings) Zone() *time.Location {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

func (s Settings) check() error {
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "Local" {
		return fault.New(fault.BadRequest, "This is no time zone: write one such as Europe/Lisbon or America/Sao_Paulo.", err).At("time_zone")
	}
	switch s.Unpriced {
	case "", DenyUnpriced, AllowUnpriced:
	default:
		return fault.New(fault.BadRequest, "Calls without a known price are either denied or allowed.", nil).At("unpriced")
	}
	if s.Contents == nil {
		return nil
	}
	return s.Contents.check()
}

const readSettings = `select settings from tenant`

// ReadSettings reads those of tx's tenant.
func ReadSettings(ctx context.Context, tx pgx.Tx) (Settings, error) {
	var data []byte
	if err := tx.QueryRow(ctx, readSettings).Scan(&data); err != nil {
		return Settings{}, fmt.Errorf("read a tenant's settings: %w", err)
	}
	s := Settings{}
	if err := json.Unmarshal(data, &s); err != nil {
		return Settings{}, fmt.Errorf("read a tenant's settings: %w", err)
	}
	if s.Unpriced == "" {
		s.Unpriced = DenyUnpriced
	}
	return s, nil
}

const writeSettings = `update tenant set settings = settings || $1`

// WriteSettings stores s beside settings that it does not know. What cannot be
// is fault.BadRequest.
func WriteSettings(ctx context.Context, tx pgx.Tx, s Settings) error {
	if err := s.check(); err != nil {
		return err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode a tenant's settings: %w", err)
	}
	if _, err := tx.Exec(ctx, writeSettings, data); err != nil {
		return fmt.Errorf("write a tenant's settings: %w", err)
	}
	return nil
}
