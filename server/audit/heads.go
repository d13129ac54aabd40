package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
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

// readHeads returns tenant → seq → hash, of one tenant or, when it is empty, of
// all. A file that does not exist yet is empty.
func readHeads(path, tenantID string) (map[string]map[int64]string, error) {
	all := map[string]map[int64]string{}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the exported audit heads: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		h, ok := parseHead(lines.Bytes())
		if !ok || (tenantID != "" && h.TenantID != tenantID) {
			continue
		}
		if all[h.TenantID] == nil {
			all[h.TenantID] = map[int64]string{}
		}
		// the first line counts: appending a second cannot hide what the first says
		if _, told := all[h.TenantID][h.Seq]; !told {
			all[h.TenantID][h.Seq] = h.Hash
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the exported audit heads: %w", err)
	}
	return all, nil
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
	for _, h := range heads {
		line, err := json.Marshal(h)
		if err != nil {
			return fmt.Errorf("encode an audit head: %w", err)
		}
		text = append(append(text, line...), '\n')
	}
	if _, err := f.Write(text); err != nil {
		return fmt.Errorf("write the exported audit heads: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("flush the exported audit heads: %w", err)
	}
	return nil
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
