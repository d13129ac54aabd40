package app

import (
	"context"
	"encoding/json"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"nexusai/backend/doctor"
	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
)

// diary notes when things happened since the process began, for the
// diagnostics page and, with NEXUS_DIAG_FILE, as JSON lines for tests of the
// real window. It never holds a text.
type diary struct {
	began time.Time

	mu    sync.Mutex // guards what follows
	file  *os.File   // nil without NEXUS_DIAG_FILE
	facts map[string]string
}

// entry is one line.
type entry struct {
	Event string  `json:"event"`
	MS    float64 `json:"ms"`              // since the process began
	Value float64 `json:"value,omitempty"` // as the page reported it
	Run   string  `json:"run_id,omitempty"`
	State string  `json:"state,omitempty"`
	Seq   int64   `json:"seq,omitempty"`
	Chars int     `json:"chars,omitempty"` // length of a finished answer
}

func openDiary(path string, began time.Time) *diary {
	d := &diary{began: startOfProcess(began), facts: map[string]string{}}
	if path == "" {
		return d
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		d.file = f
	}
	return d
}

func (d *diary) write(e entry) {
	e.MS = float64(time.Since(d.began).Microseconds()) / 1000
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.Run == "" {
		if _, known := d.facts[e.Event+"_ms"]; !known {
			d.facts[e.Event+"_ms"] = strconv.FormatFloat(e.MS, 'f', 0, 64)
		}
	}
	if d.file == nil {
		return
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, _ = d.file.Write(append(line, '\n')) // a test notices what is missing
	}
}

// mark notes that something happened.
func (d *diary) mark(event string) { d.write(entry{Event: event}) }

// beat notes what the page reported, such as its first frame.
func (d *diary) beat(name string, value float64) { d.write(entry{Event: name, Value: value}) }

// run notes the first and the last event of an answer.
func (d *diary) run(e httpapi.RunEvent) {
	switch {
	case e.State == httpapi.RunDone || e.State == httpapi.RunStopped || e.State == httpapi.RunFailed:
		line := entry{Event: "stream_finished", Run: e.RunID, State: string(e.State), Seq: e.Seq}
		if e.Message != nil {
			line.Chars = len([]rune(e.Message.Text))
		}
		d.write(line)
	case e.Seq == 1:
		d.write(entry{Event: "stream_started", Run: e.RunID, State: string(e.State), Seq: e.Seq})
	}
}

func (d *diary) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file != nil {
		_ = d.file.Close() // lines are written through
	}
}

func (d *diary) known() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make(map[string]string, len(d.facts))
	for k, v := range d.facts {
		out[k] = v
	}
	return out
}

// facts are the diagnostics: numbers and kinds, no paths, addresses or names.
func (a *application) facts(ctx context.Context) map[string]string {
	out := a.diary.known()
	out["system"], out["go"] = runtime.GOOS+"/"+runtime.GOARCH, runtime.Version()
	out["mode"] = "window"
	if a.browser {
		out["mode"] = "browser"
	}
	var version string
	if a.db.Reader().QueryRowContext(ctx, `SELECT sqlite_version()`).Scan(&version) == nil {
		out["sqlite"] = version
	}
	if k, err := a.secrets.get(ctx); err == nil {
		out["keychain"] = k.Kind()
	}
	status := a.replica.Status()
	out["sync"], out["sync_pending"], out["sync_parked"] = string(status.Phase), strconv.Itoa(status.Pending), strconv.Itoa(status.Parked)
	if mb, ok := memory(); ok {
		out["pss_mb"] = strconv.FormatFloat(mb, 'f', 0, 64)
	}
	return out
}

// checks are what the diagnostics page looks at now.
func (a *application) checks() []doctor.Check {
	return []doctor.Check{
		{Name: "database", Run: func(ctx context.Context) doctor.Finding {
			if err := a.db.Verify(ctx); err != nil {
				return doctor.Finding{Finding: "The local database could not be read through.", Next: "Restart the application: it rescues what can be read."}
			}
			return doctor.Finding{OK: true, Finding: "The local database is whole."}
		}},
		{Name: "server", Run: func(context.Context) doctor.Finding {
			s := a.team.State()
			if s.Phase == "connected" {
				return doctor.Finding{OK: true, Finding: "The server answers."}
			}
			return doctor.Finding{Finding: "Not connected (" + s.Phase + ").", Next: "Check the network, or sign in in the settings. Everything is kept here meanwhile."}
		}},
		{Name: "local engine", Run: func(context.Context) doctor.Finding {
			s := a.engine.Status()
			ok := s.State == string(llamacpp.Ready) || s.State == string(llamacpp.Stopped)
			f := doctor.Finding{OK: ok, Finding: "The engine is " + s.State + ". " + s.Detail}
			if !ok {
				f.Next = "make setup gets the engine and its model."
			}
			return f
		}},
		{Name: "keychain", Run: func(ctx context.Context) doctor.Finding {
			k, err := a.secrets.get(ctx)
			if err != nil {
				return doctor.Finding{Finding: "The keychain cannot be used.", Next: "Check who owns the data folder."}
			}
			if k.Kind() == "system" {
				return doctor.Finding{OK: true, Finding: "Tokens are in the system's keychain."}
			}
			return doctor.Finding{OK: true, Finding: "There is no system keychain: tokens are in an encrypted file whose key lies beside it, readable by this user only."}
		}},
	}
}
