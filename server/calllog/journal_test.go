package calllog_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nexusai/server/calllog"
)

// journalled is what the journal's files hold now.
func journalled(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "0*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) { // stored meanwhile
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// unstarted is a book whose journal nobody stores or catches up with.
func unstarted(t *testing.T, dir string) *calllog.Book {
	t.Helper()
	book, err := calllog.Open(calllog.Config{DB: noDatabase{}, Dir: dir, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	return book
}

const tenantOfNone = "0199aaaa-0000-7000-8000-000000000001"

// TestACallIsJournalledBeforeItIsSent: what is held back must be known from the
// moment at which it may be spent.
func TestACallIsJournalledBeforeItIsSent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := unstarted(t, dir).Begin(call(tenantOfNone, "m"))
	if text := journalled(t, dir); text != "" {
		t.Errorf("before it is tried: %s", text)
	}
	if err := o.Try(try(1)); err != nil {
		t.Fatal(err)
	}
	text := journalled(t, dir)
	if begun, tried := strings.Index(text, `{"begun":`), strings.Index(text, `{"tried":`); begun != 0 || tried < begun || strings.Count(text, "\n") != 2 {
		t.Errorf("when it is tried: %s", text)
	}
	o.End(priced)
	if text := journalled(t, dir); strings.Count(text, "\n") != 3 || !strings.Contains(text, `{"ended":`) {
		t.Errorf("at the end: %s", text)
	}
}

func TestACallThatNobodyIsAskedToAnswerIsOneLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unstarted(t, dir).Begin(call(tenantOfNone, "m")).End(calllog.Outcome{State: calllog.Failed})
	if text := journalled(t, dir); strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, `{"ended":`) {
		t.Errorf("the journal holds %s", text)
	}
}

// TestACallThatLastsIsJournalled: also before anybody is asked to answer it, and
// once more in the next segment when others end.
func TestACallThatLastsIsJournalled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	book := unstarted(t, dir)
	stop := run(t, book)
	o := book.Begin(call(tenantOfNone, "long"))
	until(t, "the call is in the journal", func() bool { return strings.Contains(journalled(t, dir), `{"begun":`) })
	if err := o.Try(try(1)); err != nil {
		t.Fatal(err)
	}
	book.Begin(call(tenantOfNone, "short")).End(priced)
	until(t, "the next segment begins with it", func() bool {
		names, _ := filepath.Glob(filepath.Join(dir, "0*.jsonl"))
		if len(names) < 2 {
			return false
		}
		text, _ := os.ReadFile(names[len(names)-1])
		return strings.Contains(string(text), `{"begun":`) && strings.Contains(string(text), `{"tried":`)
	})
	second := book.Begin(call(tenantOfNone, "at the end"))
	stop()
	if text := journalled(t, dir); !strings.Contains(text, `"model":"at the end"`) {
		t.Errorf("call %s was not written when the book was closed: %s", second.ID(), text)
	}
}

// until waits for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not yet: " + what)
		}
	}
}
