package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	tenantName = "My team"
	ownerEmail = "owner@nexus.local"
)

// owner signs in. The file that holds it has mode 0600 and is what the desktop
// is given; nothing else needs the password.
type owner struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

func (r *runner) ownerFile() string { return filepath.Join(r.data, "owner.json") }

// forgetOwner drops a password whose server data somebody has removed.
func (r *runner) forgetOwner(serverData string) error {
	if _, err := os.Stat(serverData); !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, file := range []string{r.ownerFile(), r.ownerFile() + ".new"} {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("forget the old owner: %w", err)
		}
	}
	return nil
}

// ensureOwner makes the tenant and its owner on the first run. The password is
// on disk before the owner exists, so that a run that is cut in between goes
// on with the same one.
func (r *runner) ensureOwner(ctx context.Context, s *serverProcess) error {
	var o owner
	if readJSON(r.ownerFile(), &o) == nil {
		return nil
	}
	pending := r.ownerFile() + ".new"
	if readJSON(pending, &o) != nil {
		o = owner{Email: ownerEmail, Password: rand.Text()}
		text, err := json.Marshal(o)
		if err != nil {
			return fmt.Errorf("write the owner: %w", err)
		}
		if err := os.WriteFile(pending, text, 0o600); err != nil {
			return fmt.Errorf("keep the owner's password: %w", err)
		}
	}
	_, failed := r.ctl(ctx, s, o.Password+"\n", "tenant", "create", "--name", tenantName, "--owner", o.Email)
	if err := signIn(ctx, s.url, o); err != nil {
		if failed != nil && strings.Contains(failed.Error(), "already") {
			return sentencef("%s is gone, and the server has an owner whose password only that file knew: put it back, or move %s away to begin with an empty server.", r.ownerFile(), s.data)
		}
		return sentencef("The first team could not be made: %v", errors.Join(failed, err))
	}
	return os.Rename(pending, r.ownerFile())
}

// consoleLink makes a link that signs the owner in to the console, once.
func (r *runner) consoleLink(ctx context.Context, s *serverProcess) (string, error) {
	out, err := r.ctl(ctx, s, "", "link", "create", "--owner", ownerEmail, "--console", "--server", s.url)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		if i := strings.Index(line, "http"); i >= 0 {
			return strings.TrimSpace(line[i:]), nil
		}
	}
	return "", errors.New("nexusctl printed no link")
}

// ctl runs nexusctl on the server's data folder.
func (r *runner) ctl(ctx context.Context, s *serverProcess, stdin string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bin/nexusctl", append([]string{"--data", s.data}, args...)...)
	cmd.Env = append(os.Environ(), r.family.mark)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.SysProcAttr = ownGroup()
	cmd.WaitDelay = 2 * time.Second
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("nexusctl %s: %w: %s", args[0], err, strings.TrimSpace(complaint.String()))
	}
	return out.String(), nil
}

// signIn proves that the owner exists and the password is right.
func signIn(ctx context.Context, url string, o owner) error {
	body, err := json.Marshal(map[string]any{"email": o.Email, "password": o.Password,
		"device": map[string]any{"id": uuid.NewString(), "name": "make run"}})
	if err != nil {
		return err
	}
	return fetch(ctx, http.MethodPost, url+"/api/auth/login", bytes.NewReader(body))
}

// fetch succeeds when the answer does.
func fetch(ctx context.Context, method, url string, body io.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 2048))
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %.300s", method, req.URL.Path, res.Status, text)
	}
	return nil
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
