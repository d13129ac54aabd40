package localdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// Setting reads a device setting into dst; dst is left as it is when there is
// none.
func (d *DB) Setting(ctx context.Context, name string, dst any) error {
	var text string
	err := d.reader.QueryRowContext(ctx, `SELECT value FROM setting WHERE name = ?`, name).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return Explain(fmt.Errorf("read setting %s: %w", name, err))
	}
	if err := json.Unmarshal([]byte(text), dst); err != nil {
		return fmt.Errorf("decode setting %s: %w", name, err)
	}
	return nil
}

// SaveSetting stores a device setting as JSON.
func (d *DB) SaveSetting(ctx context.Context, name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode setting %s: %w", name, err)
	}
	return d.exec(ctx, `INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, string(text))
}

// Window is where the window was when it was closed, in screen pixels.
type Window struct {
	X         int  `json:"x"`
	Y         int  `json:"y"`
	Width     int  `json:"width"`
	Height    int  `json:"height"`
	Maximised bool `json:"maximised"`
	Placed    bool `json:"placed"` // false until the window was shown once
}

// Window returns the kept window state, or the zero one.
func (d *DB) Window(ctx context.Context) (Window, error) {
	var w Window
	err := d.Setting(ctx, "window", &w)
	return w, err
}

// SaveWindow keeps the window state.
func (d *DB) SaveWindow(ctx context.Context, w Window) error {
	return d.SaveSetting(ctx, "window", w)
}

// DeviceID identifies this database to the server; it is made once.
func (d *DB) DeviceID(ctx context.Context) (string, error) {
	var id string
	if err := d.Setting(ctx, "device_id", &id); err != nil || id != "" {
		return id, err
	}
	id = d.cfg.NewID()
	return id, d.SaveSetting(ctx, "device_id", id)
}
