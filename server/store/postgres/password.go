package postgres

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	superRole = "postgres"
	ownerRole = "nexus_owner"
	appRole   = "nexus_app"
	database  = "nexus"
)

// passwords of the cluster's three roles: random, kept in one 0600 file.
type passwords struct {
	Super string `json:"super"`
	Owner string `json:"owner"`
	App   string `json:"app"`
}

// loadPasswords reads the file in dir or makes it; two processes that race
// agree on whichever file was linked first.
func loadPasswords(dir string) (passwords, error) {
	path := filepath.Join(dir, "postgres.json")
	for {
		text, err := os.ReadFile(path)
		if err == nil {
			var p passwords
			if err := json.Unmarshal(text, &p); err != nil {
				return p, fmt.Errorf("read the database passwords in %s: %w", path, err)
			}
			return p, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return passwords{}, fmt.Errorf("read the database passwords: %w", err)
		}
		if err := makePasswords(dir, path); err != nil && !errors.Is(err, fs.ErrExist) {
			return passwords{}, fmt.Errorf("keep the database passwords: %w", err)
		}
	}
}

func makePasswords(dir, path string) error {
	p := passwords{Super: rand.Text(), Owner: rand.Text(), App: rand.Text()}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	tmp := filepath.Join(dir, "postgres.json."+rand.Text())
	defer os.Remove(tmp)
	if err := os.WriteFile(tmp, text, 0o600); err != nil {
		return err
	}
	return os.Link(tmp, path)
}
