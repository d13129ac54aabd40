// Package instance lets one process at a time use a data folder, and lets the
// next one talk to it.
//
// Wails' own single-instance option needs a session bus and does nothing
// without one, so this is a lock file and a socket in the folder itself.
package instance

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// maxSocketPath is below the 104 to 108 bytes that systems allow.
const maxSocketPath = 100

// patience bounds one exchange between two processes.
const patience = 3 * time.Second

// Lock is held by the one process that uses the folder.
type Lock struct {
	file   *os.File
	socket string
	listen net.Listener
}

// Acquire takes the folder. ok is false when another process has it; see Ask.
func Acquire(dir string) (l *Lock, ok bool, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, false, fmt.Errorf("make the data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "app.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false, fmt.Errorf("open the lock file: %w", err)
	}
	if err := lock(f); err != nil {
		_ = f.Close() // nothing was written
		if errors.Is(err, errTaken) {
			return nil, false, nil
		}
		return nil, false, fmt.Errorf("lock the data folder: %w", err)
	}
	l = &Lock{file: f}
	if l.socket, err = socketPath(dir); err != nil {
		return nil, false, errors.Join(err, l.Release())
	}
	_ = os.Remove(l.socket) // left by a process that was killed
	if l.listen, err = (&net.ListenConfig{}).Listen(context.Background(), "unix", l.socket); err != nil {
		return nil, false, errors.Join(fmt.Errorf("listen for other starts: %w", err), l.Release())
	}
	return l, true, nil
}

// socketPath is in the folder, or in a closed folder of the system's own where
// that path is too long for a socket.
func socketPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w", err)
	}
	if path := filepath.Join(abs, "app.sock"); len(path) <= maxSocketPath {
		return path, nil
	}
	sum := sha256.Sum256([]byte(abs))
	short := filepath.Join(os.TempDir(), "nexusai-"+hex.EncodeToString(sum[:6]))
	if err := os.MkdirAll(short, 0o700); err != nil {
		return "", fmt.Errorf("make a short folder for the socket: %w", err)
	}
	return filepath.Join(short, "app.sock"), nil
}

// Serve answers later starts until ctx ends: answer gets what they ask, one
// line, and returns one line.
func (l *Lock) Serve(ctx context.Context, answer func(question string) string) error {
	stop := context.AfterFunc(ctx, func() { _ = l.listen.Close() }) // Release closes it too
	defer stop()
	for {
		conn, err := l.listen.Accept()
		if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept another start: %w", err)
		}
		reply(conn, answer)
	}
}

// reply serves one asker at a time: they are people who start the app twice.
func reply(conn net.Conn, answer func(string) string) {
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(patience)) != nil {
		return
	}
	line, err := bufio.NewReader(&bounded{conn: conn, left: 1024}).ReadString('\n')
	if err != nil {
		return
	}
	_, _ = fmt.Fprintln(conn, answer(strings.TrimSpace(line))) // the asker may have left
}

// bounded reads a limited number of bytes.
type bounded struct {
	conn net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("the question is too long")
	}
	n, err := b.conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// Ask asks the process that has the folder, one line for one line.
func Ask(ctx context.Context, dir, question string) (string, error) {
	path, err := socketPath(dir)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return "", fmt.Errorf("reach the running application: %w", err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", fmt.Errorf("reach the running application: %w", err)
	}
	if _, err := fmt.Fprintln(conn, question); err != nil {
		return "", fmt.Errorf("ask the running application: %w", err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("hear the running application: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// Release gives the folder back.
func (l *Lock) Release() error {
	var err error
	if l.listen != nil {
		err = l.listen.Close()
		if errors.Is(err, net.ErrClosed) {
			err = nil
		}
		_ = os.Remove(l.socket) // closing removes it already, where it was made by us
	}
	return errors.Join(err, l.file.Close()) // closing unlocks
}
