//go:build window && desktop

package native_test

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// flood makes the window's own process collect garbage many times over: each
// message to it becomes a value in its script engine.
const flood = `
const text = "x".repeat(4000);
const beat = () => fetch("/beat", { method: "POST" });
(async () => {
  for (let i = 0; i < 10000; i++) {
    window.webkit.messageHandlers.external.postMessage("LT" + text + i);
    if (i % 200 === 0) await beat();
  }
  await fetch("/flooded", { method: "POST" });
  await fetch("/mistake", { method: "POST" });
})();
`

// WebKit's collector stops the other threads with a signal whose handler must
// not run on Go's signal stack: there it would be tried again for ever, and the
// window would hang at full load.
func TestWindowOutlivesCollections(t *testing.T) {
	began := time.Now()
	select {
	case <-lab.flooded:
		t.Logf("took %s", time.Since(began).Round(time.Millisecond))
	case <-time.After(60 * time.Second):
		t.Fatalf("the window hangs after %d beats", lab.beats.Load())
	}
}

// mistake reads what is not there, as a bug would, under recover.
func (l *laboratory) mistake() {
	defer func() { l.mistaken <- recover() }()
	var nobody *laboratory
	nobody.beats.Add(1)
}

// WebKit's handlers run on Go's signal stack once the window has seen to it;
// before, a nil dereference ended the process even under recover.
func TestWindowOutlivesAMistakeUnderRecover(t *testing.T) {
	select {
	case got := <-lab.mistaken:
		if err, ok := got.(runtime.Error); !ok || !strings.Contains(err.Error(), "nil pointer") {
			t.Errorf("recovered %v", got)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("nothing was recovered")
	}
}
