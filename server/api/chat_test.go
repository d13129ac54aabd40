package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"nexusai/backend/httpapi"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/policy"
)

// finished waits until a run has ended.
func (v *vertical) finished(token, id string) httpapi.Run {
	v.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		r := decode[httpapi.Run](v.call(token, "GET", "/api/chat/runs/"+id, nil).want(200))
		if r.State != httpapi.RunRunning {
			return r
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("still running: %+v", r)
		}
	}
}

func TestAThreadFromFirstMessageToTrash(t *testing.T) {
	t.Parallel()
	v := newVertical(t, up.Answer("Hel", "lo"))
	v.provider()
	me := v.acme.owner
	conversation, message := newID(), newID()
	v.call(me, "PUT", "/api/conversations/"+conversation+"/draft", httpapi.DraftText{Text: "hi th"}).want(204)
	send := httpapi.ChatRequest{ConversationID: conversation, MessageID: message, Text: "hi there", Model: "m"}
	first := decode[httpapi.Run](v.call(me, "POST", "/api/chat", send).want(200))
	again := decode[httpapi.Run](v.call(me, "POST", "/api/chat", send).want(200))
	if first.ID != again.ID {
		t.Errorf("a repeated send is run %s, not %s", again.ID, first.ID)
	}
	if r := v.finished(me, first.ID); r.State != httpapi.RunDone || r.Text != "Hello" {
		t.Errorf("run %+v", r)
	}
	thread := decode[httpapi.Thread](v.call(me, "GET", "/api/conversations/"+conversation, nil).want(200))
	if len(thread.Messages) != 2 || thread.Messages[1].Text != "Hello" || thread.Draft != "" || thread.Run != nil || thread.Conversation.Title != "hi there" {
		t.Errorf("thread %+v", thread)
	}
	title, pinned := "  Renamed ", true
	c := decode[httpapi.Conversation](v.call(me, "PATCH", "/api/conversations/"+conversation, httpapi.ConversationPatch{Title: &title, Pinned: &pinned}).want(200))
	if c.Title != "Renamed" || !c.Pinned {
		t.Errorf("patched %+v", c)
	}
	v.call(me, "GET", "/api/conversations?q=renam", nil).want(200, conversation)
	for range 2 { // repeating is fine
		v.call(me, "DELETE", "/api/conversations/"+conversation, nil).want(204)
	}
	if page := decode[httpapi.ConversationPage](v.call(me, "GET", "/api/conversations", nil).want(200)); len(page.Items) != 0 {
		t.Errorf("still listed %+v", page)
	}
	v.call(me, "GET", "/api/conversations?trash=true", nil).want(200, conversation)
	c = decode[httpapi.Conversation](v.call(me, "POST", "/api/conversations/"+conversation+"/restore", nil).want(200))
	if c.TrashedAt != nil {
		t.Errorf("restored %+v", c)
	}
	spend := decode[httpapi.Spend](v.call(me, "GET", "/api/usage/today", nil).want(200))
	for deadline := time.Now().Add(10 * time.Second); spend.CallsToday != 1; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("spend %+v", spend)
		}
		spend = decode[httpapi.Spend](v.call(me, "GET", "/api/usage/today", nil).want(200))
	}
	own := decode[httpapi.Conversation](v.call(me, "POST", "/api/conversations", httpapi.NewConversation{Title: "Empty"}).want(200))
	same := decode[httpapi.Conversation](v.call(me, "POST", "/api/conversations", httpapi.NewConversation{ID: own.ID, Title: "Other"}).want(200))
	if same.ID != own.ID || same.Title != "Empty" {
		t.Errorf("created twice %+v", same)
	}
}

func TestStopOverTheContract(t *testing.T) {
	t.Parallel()
	var v *vertical
	v = newVertical(t, []up.Act{up.Head(), up.Say("half"), func(w http.ResponseWriter, r *http.Request) { v.upstream.Stall(w, r) }})
	v.provider()
	run := decode[httpapi.Run](v.call(v.acme.owner, "POST", "/api/chat", httpapi.ChatRequest{ConversationID: newID(), MessageID: newID(), Text: "x", Model: "m"}).want(200))
	thread := decode[httpapi.Thread](v.call(v.acme.owner, "GET", "/api/conversations/"+run.ConversationID, nil).want(200))
	if thread.Run == nil || thread.Run.ID != run.ID || thread.Conversation.RunID != run.ID {
		t.Errorf("thread %+v", thread)
	}
	stopped := decode[httpapi.Run](v.call(v.acme.owner, "POST", "/api/chat/runs/"+run.ID+"/stop", nil).want(200))
	if stopped.State != httpapi.RunStopped {
		t.Errorf("stopped %+v", stopped)
	}
}

// TestEveryRouteAsAStranger calls each operation without a sign-in, as another
// team and, where a role is needed, as a plain member.
func TestEveryRouteAsAStranger(t *testing.T) {
	t.Parallel()
	v := newVertical(t, up.Answer("x"))
	provider := v.provider()
	member := v.join(v.acme, "member@acme.test", "member").AccessToken
	conversation := newID()
	run := decode[httpapi.Run](v.call(v.acme.owner, "POST", "/api/chat", httpapi.ChatRequest{ConversationID: conversation, MessageID: newID(), Text: "x", Model: "m"}).want(200))
	v.finished(v.acme.owner, run.ID)
	const fine, gone, no = 200, 404, 403
	for _, tt := range []struct {
		method, path, body string
		other, member      int // 2xx stands for "an answer, without anything of ours in it"
	}{
		{"GET", "/api/conversations", "", fine, fine},
		{"POST", "/api/conversations", `{}`, fine, fine},
		{"GET", "/api/conversations/" + conversation, "", gone, gone},
		{"PATCH", "/api/conversations/" + conversation, `{"title":"mine"}`, gone, gone},
		{"DELETE", "/api/conversations/" + conversation, "", gone, gone},
		{"POST", "/api/conversations/" + conversation + "/restore", "", gone, gone},
		{"PUT", "/api/conversations/" + conversation + "/draft", `{"text":"a draft of one's own"}`, fine, fine},
		{"POST", "/api/chat", `{"conversation_id":"` + conversation + `","message_id":"` + run.MessageID + `","model":"m","regenerate":"` + newID() + `"}`, gone, gone},
		{"GET", "/api/chat/runs/" + run.ID, "", gone, gone},
		{"POST", "/api/chat/runs/" + run.ID + "/stop", "", gone, gone},
		{"GET", "/api/models", "", fine, fine},
		{"GET", "/api/usage/today", "", fine, fine},
		{"GET", "/api/admin/dashboard", "", fine, no},
		{"GET", "/api/admin/logs", "", fine, no},
		{"GET", "/api/admin/providers", "", fine, no},
		{"POST", "/api/admin/providers", `{"name":"N","base_url":"https://api.example.com/v1"}`, fine, no},
		{"PATCH", "/api/admin/providers/" + provider.ID, `{"enabled":false}`, gone, no},
		{"DELETE", "/api/admin/providers/" + provider.ID, "", gone, no},
		{"POST", "/api/admin/providers/" + provider.ID + "/test", "", gone, no},
	} {
		var body any
		if tt.body != "" {
			body = tt.body
		}
		headers := []string{"Content-Type", "application/json"}
		v.call("", tt.method, tt.path, body, headers...).want(401, "auth.required")
		for name, who := range map[string]struct {
			token  string
			status int
		}{"another team": {v.beta.owner, tt.other}, "a member": {member, tt.member}} {
			got := v.call(who.token, tt.method, tt.path, body, headers...)
			if got.Code != who.status && (who.status != fine || got.Code/100 != 2) {
				t.Errorf("%s: %s %s: %d %s, want %d", name, tt.method, tt.path, got.Code, got.Body, who.status)
			}
			ours := strings.Contains(got.Body.String(), run.ID) || strings.Contains(got.Body.String(), run.AnswerID)
			if name == "another team" && (ours || strings.Contains(got.Body.String(), "Scripted")) || name == "a member" && ours {
				t.Errorf("%s: %s %s shows %s", name, tt.method, tt.path, got.Body)
			}
		}
	}
	thread := decode[httpapi.Thread](v.call(v.acme.owner, "GET", "/api/conversations/"+conversation, nil).want(200))
	if thread.Conversation.Title != "x" || thread.Draft != "" || len(thread.Messages) != 2 {
		t.Errorf("afterwards %+v", thread)
	}
}

// TestBadBodies sends to chats, conversations and providers what no client of
// ours would. What cannot be stored of a text becomes the replacement character.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	v := newVertical(t, up.Answer("Hello"))
	provider := v.provider()
	known := newID()
	v.call(v.acme.owner, "POST", "/api/conversations", httpapi.NewConversation{ID: known, Title: "Known"}).want(200)
	ids := func() string { return `"conversation_id":"` + newID() + `","message_id":"` + newID() + `","model":"m"` }
	huge := strings.Repeat("x", 50<<20)
	for name, tt := range map[string]struct {
		method, path, body string
		status             int
	}{
		"malformed":             {"POST", "/api/chat", `{"text":`, 400},
		"an array":              {"POST", "/api/chat", `[]`, 422},
		"a number for a text":   {"POST", "/api/chat", `{` + ids() + `,"text":7}`, 422},
		"50 MB of text":         {"POST", "/api/chat", `{` + ids() + `,"text":"` + huge + `"}`, 413},
		"50 MB of draft":        {"PUT", "/api/conversations/" + known + "/draft", `{"text":"` + huge + `"}`, 413},
		"50 MB of title":        {"PATCH", "/api/conversations/" + known, `{"title":"` + huge + `"}`, 413},
		"50 MB of conversation": {"POST", "/api/conversations", `{"title":"` + huge + `"}`, 413},
		"50 MB of provider":     {"POST", "/api/admin/providers", `{"name":"` + huge + `"}`, 413},
		"50 MB of its change":   {"PATCH", "/api/admin/providers/" + provider.ID, `{"name":"` + huge + `"}`, 413},
		"bad bytes in a text":   {"POST", "/api/chat", "{" + ids() + ",\"text\":\"a\xff\xfe\"}", 200},
		"bad bytes in a draft":  {"PUT", "/api/conversations/" + known + "/draft", "{\"text\":\"a\xff\"}", 204},
		"bad bytes in a title":  {"PATCH", "/api/conversations/" + known, "{\"title\":\"a\xff\"}", 200},
		"bad bytes in a model":  {"POST", "/api/chat", "{\"conversation_id\":\"" + newID() + "\",\"message_id\":\"" + newID() + "\",\"text\":\"a\",\"model\":\"\xff\"}", 200},
		"NUL in a text":         {"POST", "/api/chat", `{` + ids() + `,"text":"a\u0000b"}`, 200},
		"NUL in a draft":        {"PUT", "/api/conversations/" + known + "/draft", `{"text":"a\u0000b"}`, 204},
		"NUL in a title":        {"PATCH", "/api/conversations/" + known, `{"title":"a\u0000b"}`, 200},
		"NUL in a search":       {"GET", "/api/conversations?q=%00", "", 200},
		"bad bytes in a search": {"GET", "/api/conversations?q=%ff%fe", "", 200},
	} {
		got := v.call(v.acme.owner, tt.method, tt.path, tt.body, "Content-Type", "application/json")
		if got.Code != tt.status {
			t.Errorf("%s: %d %.300s, want %d", name, got.Code, got.Body, tt.status)
		}
		if got.Code >= 400 && got.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: content type %q", name, got.Header().Get("Content-Type"))
		}
	}
}

// TestAKeyIsToldItsOwnSpend covers the operator's keys too, which have no user.
func TestAKeyIsToldItsOwnSpend(t *testing.T) {
	t.Parallel()
	v := newVertical(t)
	operators, err := v.svc.CreateKey(t.Context(), httpapi.Caller{TenantID: v.acme.id, Role: policy.Operator}, httpapi.NewKey{Name: "ci"})
	v.must(err)
	owners := decode[httpapi.CreatedKey](v.call(v.acme.owner, "POST", "/api/admin/keys", httpapi.NewKey{Name: "mine"}).want(201))
	for _, key := range []string{operators.Secret, owners.Secret} {
		v.call(key, "GET", "/api/usage/today", nil).want(200, `"calls_today":0`)
	}
}

func TestAdministratorsSeeCallsAndProviders(t *testing.T) {
	t.Parallel()
	v := newVertical(t, up.Reply(200, `{"data":[{"id":"m"}]}`), up.Answer("Hello"))
	provider := v.provider()
	v.call(v.acme.owner, "POST", "/api/admin/providers/"+provider.ID+"/test", nil).want(200, `"ok":true`, `"answer":"Hello"`)
	run := decode[httpapi.Run](v.call(v.acme.owner, "POST", "/api/chat", httpapi.ChatRequest{ConversationID: newID(), MessageID: newID(), Text: "x", Model: "m"}).want(200))
	v.finished(v.acme.owner, run.ID)
	v.call(v.acme.owner, "GET", "/api/admin/logs?model=m&limit=10", nil).want(200, `"user":"Owner Example"`, `"deployment":"Scripted"`, `"state":"ok"`)
	v.call(v.acme.owner, "GET", "/api/admin/logs?cursor=nonsense", nil).want(400)
	v.call(v.acme.owner, "GET", "/api/admin/logs?state=nonsense", nil).want(422)
	v.call(v.acme.owner, "GET", "/api/admin/dashboard?range=24h", nil).want(200, `"points":[`)
	v.call(v.acme.owner, "GET", "/api/admin/dashboard?range=2y", nil).want(422)
	v.call(v.acme.owner, "PATCH", "/api/admin/providers/"+provider.ID, `{"enabled":false}`, "Content-Type", "application/json").want(200, `"state":"disabled"`)
	v.call(v.acme.owner, "DELETE", "/api/admin/providers/"+provider.ID, nil).want(204)
	v.call(v.acme.owner, "GET", "/api/admin/audit", nil).want(200, "provider.created", "provider.tested", "provider.changed", "provider.deleted", "Owner Example")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	v.runs.Wait(ctx)
}
