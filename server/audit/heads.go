package audit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// head is one line of the file of heads.
type head struct {
	TenantID string    `json:"tenant_id"`
	Seq      int64     `json:"seq"`
	Hash     string    `json:"hash"` // hexadecimal
	At       time.Time `json:"at"`
}

// parseHead reads one line; ok is false for anything else, such as the rest of
// a write that a crash cut short.
func parseHead(line []byte) (h head, ok bool) {
	if json.Unmarshal(line, &h) != nil {
		return head{}, false
	}
	return h, h.TenantID != "" && h.Seq > 0 && len(h.Hash) == 64
}

// known are heads as tenant → seq → hash.
type known map[string]map[int64]string

// read adds what lines say, of one tenant or, when it is empty, of all. Of two
// that differ the first counts: adding a line cannot hide what one says.
func (k known) read(r io.Reader, tenantID string) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		h, ok := parseHead(lines.Bytes())
		if !ok || (tenantID != "" && h.TenantID != tenantID) {
			continue
		}
		if k[h.TenantID] == nil {
			k[h.TenantID] = map[int64]string{}
		}
		if _, told := k[h.TenantID][h.Seq]; !told {
			k[h.TenantID][h.Seq] = h.Hash
		}
	}
	return lines.Err()
}

// readHeads reads the file. One that does not exist yet is empty.
func readHeads(path, tenantID string) (known, error) {
	all := known{}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the exported audit heads: %w", err)
	}
	defer f.Close()
	if err := all.read(f, tenantID); err != nil {
		return nil, fmt.Errorf("read the exported audit heads: %w", err)
	}
	return all, nil
}

// exported is what both the copy away from here and the file say. Where they
// differ the copy counts: who can change the database can often change the file.
func (t *Trail) exported(ctx context.Context, tenantID string) (known, error) {
	all := known{}
	if t.away != nil {
		objects, err := t.away.Named(ctx, awayPrefix)
		if err != nil {
			return nil, fmt.Errorf("read the audit heads kept away from here: %w", err)
		}
		for _, o := range objects {
			if err := all.read(bytes.NewReader(o), tenantID); err != nil {
				return nil, fmt.Errorf("read the audit heads kept away from here: %w", err)
			}
		}
	}
	here, err := readHeads(t.heads, tenantID)
	for tenant, heads := range here {
		if all[tenant] == nil {
			all[tenant] = map[int64]string{}
		}
		for seq, hash := range heads {
			if _, told := all[tenant][seq]; !told {
				all[tenant][seq] = hash
			}
		}
	}
	return all, err
}

// appendHeads adds lines in one write and returns when they are on disk.
func appendHeads(path string, heads []head) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the audit folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the exported audit heads: %w", err)
	}
	defer f.Close()
	text, err := leadIn(f)
	if err != nil {
		return err
	}
	if text, err = appendLines(text, heads); err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return fmt.Errorf("write the exported audit heads: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("flush the exported audit heads: %w", err)
	}
	return nil
}

func appendLines(text []byte, heads []head) ([]byte, error) {
	for _, h := range heads {
		line, err := json.Marshal(h)
		if err != nil {
			return nil, fmt.Errorf("encode an audit head: %w", err)
		}
		text = append(append(text, line...), '\n')
	}
	return text, nil
}

// leadIn is a line break if a crash left the last line without one.
func leadIn(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at the exported audit heads: %w", err)
	}
	if info.Size() == 0 {
		return nil, nil
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil {
		return nil, fmt.Errorf("read the end of the exported audit heads: %w", err)
	}
	if last[0] != '\n' {
		return []byte{'\n'}, nil
	}
	return nil, nil
}
