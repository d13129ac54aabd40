package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

const (
	owner    = "ana@acme.test"
	password = "correct horse battery staple"
)

// program is a running binary of ours whose standard output is read by line.
type program struct {
	cmd   *exec.Cmd
	lines chan string
}

// start runs bin/name; its log goes to a file beside dir.
func start(ctx context.Context, dir, name string, env []string, args ...string) (*program, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own handle
	cmd := exec.CommandContext(ctx, filepath.Join("bin", name), args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 15 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s (make build?): %w", name, err)
	}
	p := &program{cmd: cmd, lines: make(chan string, 64)}
	go func() { // ends with the child's output
		defer close(p.lines)
		scanner := bufio.NewScanner(out)
		for scanner.Scan() {
			p.lines <- scanner.Text()
		}
	}()
	return p, nil
}

// line waits for a line of standard output and returns the pattern's group.
func (p *program) line(pattern string) (string, error) {
	find, late := regexp.MustCompile(pattern), time.After(60*time.Second)
	for {
		select {
		case text, open := <-p.lines:
			if !open {
				return "", fmt.Errorf("%s ended without a line like %s", p.cmd.Path, pattern)
			}
			if m := find.FindStringSubmatch(text); m != nil {
				go func() { // whatever comes after is not ours to read
					for range p.lines {
					}
				}()
				return m[1], nil
			}
		case <-late:
			return "", fmt.Errorf("%s printed no line like %s", p.cmd.Path, pattern)
		}
	}
}

func (p *program) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	_ = p.cmd.Wait()                          // its status says nothing about the figure
}

// serve starts nexusd on an empty folder with a tenant.
func serve(ctx context.Context, dir string) (*program, string, error) {
	p, err := start(ctx, dir, "nexusd", []string{"NEXUS_ALLOW_NET=127.0.0.1"}, "serve", "--data", filepath.Join(dir, "server"), "--listen", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	url, err := p.line(`^listening on (http://\S+)$`)
	if err == nil {
		_, err = ctl(ctx, dir, password+"\n", "tenant", "create", "--name", "Acme", "--owner", owner)
	}
	if err != nil {
		p.stop()
		return nil, "", err
	}
	return p, url, nil
}

// ctl runs nexusctl on the folder's server.
func ctl(ctx context.Context, dir, input string, words ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bin/nexusctl", append([]string{"--data", filepath.Join(dir, "server")}, words...)...)
	cmd.Env = append(os.Environ(), "NEXUS_ALLOW_NET=127.0.0.0/8") // where the scripted providers are
	cmd.Stdin = strings.NewReader(input)
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("nexusctl %s: %w: %s", words[0], err, failure.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// login writes the file with which a desktop signs in.
func login(dir string) (string, error) {
	text, err := json.Marshal(map[string]string{"email": owner, "password": password})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "login.json")
	return path, os.WriteFile(path, text, 0o600)
}

// client speaks to one host's JSON API.
type client struct{ url, bearer string }

// call sends body, when it is not nil, and reads the answer into out.
func (c client) call(ctx context.Context, method, path string, body, out any) error {
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(text)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, payload)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", c.url)
	if c.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 300)) // the status is the news
		return fmt.Errorf("%s %s: %s %s", method, path, resp.Status, text)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
