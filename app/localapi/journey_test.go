package localapi_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"nexusai/backend/httpapi"
)

func TestConversationFromDraftToTrash(t *testing.T) {
	t.Parallel()
	h := browser(t)
	c := id()
	get[struct{}](h, "PUT", "/api/conversations/"+c+"/draft", httpapi.DraftText{Text: "Where is "})
	thread := get[httpapi.Thread](h, "GET", "/api/conversations/"+c, nil)
	if thread.Draft != "Where is " || !thread.Conversation.Draft {
		t.Fatalf("a draft in a conversation that is not there yet: %+v", thread)
	}
	get[struct{}](h, "PUT", "/api/conversations/"+c+"/draft", httpapi.DraftText{Text: "Where is Braga?"})
	m := id()
	run := get[httpapi.Run](h, "POST", "/api/chat", httpapi.ChatRequest{ConversationID: c, MessageID: m, Text: "Where is Braga?", Model: "local/echo"})
	events := follow(t, h, run.ID)
	if last := events[len(events)-1]; last.State != httpapi.RunDone || last.Message == nil || last.Message.Text != "echo: Where is Braga?" {
		t.Fatalf("the last event is %+v", last)
	}
	thread = get[httpapi.Thread](h, "GET", "/api/conversations/"+c, nil)
	if len(thread.Messages) != 2 || thread.Draft != "" || thread.Run != nil || thread.Conversation.Title != "Where is Braga?" {
		t.Errorf("thread %+v", thread)
	}
	title, pinned := "Minho", true
	if got := get[httpapi.Conversation](h, "PATCH", "/api/conversations/"+c, httpapi.ConversationPatch{Title: &title, Pinned: &pinned}); got.Title != title || !got.Pinned {
		t.Errorf("patched %+v", got)
	}
	for range 2 {
		get[struct{}](h, "DELETE", "/api/conversations/"+c, nil)
	}
	if list := get[httpapi.ConversationPage](h, "GET", "/api/conversations", nil); len(list.Items) != 0 {
		t.Errorf("list %+v", list)
	}
	for range 2 {
		if got := get[httpapi.Conversation](h, "POST", "/api/conversations/"+c+"/restore", nil); got.TrashedAt != nil {
			t.Errorf("restored %+v", got)
		}
	}
	end := time.Now().Add(5 * time.Second)
	for {
		status := get[httpapi.Status](h, "GET", "/api/local/status", nil)
		if status.Server.State == "none" && status.Unsaved > 0 && !status.Window {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("status %+v", status)
		}
	}
}

// follow reads a run's stream to its end.
func follow(t *testing.T, h *host, runID string) (events []httpapi.RunEvent) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/api/chat/stream?run_id="+runID, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.bearer)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e httpapi.Event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		events = append(events, *e.Run)
	}
	if len(events) == 0 {
		t.Fatal("the stream was empty")
	}
	return events
}

func TestServerModelWaitsAndIsTakenBack(t *testing.T) {
	t.Parallel()
	h := browser(t)
	c, m := id(), id()
	run := get[httpapi.Run](h, "POST", "/api/chat", httpapi.ChatRequest{ConversationID: c, MessageID: m, Text: "Hello", Model: "big"})
	if run.State != httpapi.RunWaiting {
		t.Errorf("run %+v", run)
	}
	queue := get[[]httpapi.QueueItem](h, "GET", "/api/local/queue", nil)
	if len(queue) != 1 || queue[0].MessageID != m || queue[0].Title != "Hello" {
		t.Errorf("queue %+v", queue)
	}
	get[struct{}](h, "POST", "/api/local/queue/"+m+"/retry", nil)
	get[struct{}](h, "DELETE", "/api/local/queue/"+m, nil)
	thread := get[httpapi.Thread](h, "GET", "/api/conversations/"+c, nil)
	if thread.Draft != "Hello" || len(thread.Messages) != 0 {
		t.Errorf("thread %+v", thread)
	}
}

func TestBadInputIsRefusedClearly(t *testing.T) {
	t.Parallel()
	h := browser(t)
	for name, tt := range map[string]struct {
		method, path, body string
		status             int
	}{
		"malformed":          {"POST", "/api/chat", "{", 400},
		"wrong type":         {"POST", "/api/chat", `{"model":3}`, 422},
		"no such thread":     {"GET", "/api/conversations/" + id(), "", 404},
		"no id":              {"GET", "/api/conversations/x", "", 422},
		"a large draft":      {"PUT", "/api/conversations/" + id() + "/draft", `{"text":"` + strings.Repeat("x", 300<<10) + `"}`, 413},
		"50 MB":              {"POST", "/api/chat", `{"text":"` + strings.Repeat("x", 50<<20) + `"}`, 413},
		"invalid UTF-8":      {"POST", "/api/chat", "{\"text\":\"\xff\xfe\",\"model\":\"local/echo\",\"conversation_id\":\"" + id() + "\",\"message_id\":\"" + id() + "\"}", 200},
		"a bad cursor":       {"GET", "/api/conversations?cursor=zz", "", 400},
		"a bad after":        {"GET", "/api/chat/stream?run_id=" + id() + "&after=x", "", 400},
		"an unknown run":     {"GET", "/api/chat/stream?run_id=" + id(), "", 404},
		"wrong settings":     {"PUT", "/api/local/settings", `{"theme":"pink","locale":"en","remote_images":false,"send_with":"enter"}`, 422},
		"not in the queue":   {"DELETE", "/api/local/queue/" + id(), "", 404},
		"a beat too long":    {"POST", "/api/local/beat", `{"name":"` + strings.Repeat("x", 99) + `"}`, 400},
		"connect to nothing": {"POST", "/api/local/connection", `{"url":"nonsense","email":"a@b.test","password":"x"}`, 422},
	} {
		status, text, head := h.do(tt.method, tt.path, tt.body)
		if status != tt.status {
			t.Errorf("%s: %d %.300s, want %d", name, status, text, tt.status)
		}
		if status >= 400 && head.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: content type %q", name, head.Get("Content-Type"))
		}
	}
}

func TestSettingsNoticesAndBeats(t *testing.T) {
	t.Parallel()
	h := browser(t)
	want := httpapi.Settings{Theme: "dark", Locale: "pt-PT", RemoteImages: true, SendWith: "mod-enter", DefaultModel: "local/echo"}
	get[httpapi.Settings](h, "PUT", "/api/local/settings", want)
	if got := get[httpapi.Settings](h, "GET", "/api/local/settings", nil); got != want {
		t.Errorf("settings %+v", got)
	}
	if err := h.db.AddNotice(t.Context(), "localdb.salvaged", "x", []string{"message 1"}); err != nil {
		t.Fatal(err)
	}
	notices := get[httpapi.Status](h, "GET", "/api/local/status", nil).Notices
	if len(notices) != 1 || len(notices[0].Items) != 1 {
		t.Fatalf("notices %+v", notices)
	}
	get[struct{}](h, "DELETE", "/api/local/notices/"+notices[0].ID, nil)
	if left := get[httpapi.Status](h, "GET", "/api/local/status", nil).Notices; len(left) != 0 {
		t.Errorf("notices %+v", left)
	}
	get[struct{}](h, "POST", "/api/local/beat", map[string]any{"name": "first_frame", "value": 412.5})
	if h.beats["first_frame"] != 412.5 {
		t.Errorf("beats %v", h.beats)
	}
	if d := get[httpapi.Diagnostics](h, "GET", "/api/local/diagnostics", nil); d.Version != "test" {
		t.Errorf("diagnostics %+v", d)
	}
}
