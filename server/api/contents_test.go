package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"nexusai/backend/httpapi"
	up "nexusai/backend/provider/openai/openaitest"
)

const contents = "/api/admin/contents"

func keeping(readers ...string) httpapi.ContentChoice {
	return httpapi.ContentChoice{Keep: true, Days: 30, Readers: readers}
}

// standing waits until a call's contents are not on their way any more.
func (v *vertical) standing(token, id string) httpapi.LogDetail {
	v.t.Helper()
	var detail httpapi.LogDetail
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		detail = decode[httpapi.LogDetail](v.call(token, "GET", "/api/admin/logs/"+id, nil).want(200))
		if detail.Contents != "pending" {
			break
		}
	}
	return detail
}

func (v *vertical) tried(text string) string {
	v.t.Helper()
	events := v.try(v.acme.owner, httpapi.Trial{Model: "m", Messages: []httpapi.TrialMessage{{Role: "user", Text: text}}})
	return events[len(events)-1].Outcome.CallID
}

func TestContentsAreKeptByPolicyAndReadInTheOpen(t *testing.T) {
	t.Parallel()
	v := newVertical(t, up.Answer("Hel", "lo"), up.Answer("Hel", "lo"))
	v.provider()
	owner := v.acme.owner
	before := decode[httpapi.ContentPolicy](v.call(owner, "GET", contents, nil).want(200))
	if before.Keep || before.Days != 30 || !slices.Equal(before.Readers, []string{"owner", "auditor"}) || before.Since != nil || before.Calls != 0 {
		t.Errorf("before anybody decided: %+v", before)
	}
	if got := v.standing(owner, v.tried("canary")).Contents; got != "not_kept" {
		t.Errorf("without a policy it is %s", got)
	}
	member := v.join(v.acme, "bo@acme.test", "member").AccessToken
	told := func(token string) bool {
		return strings.Contains(v.call(token, "GET", "/api/models", nil).want(200).Body.String(), `"kept_days":30`)
	}
	if told(member) {
		t.Error("a chat says that it is kept, and it is not")
	}
	v.call(owner, "PUT", contents, keeping("owner", "auditor")).want(200, `"keep":true`, `"since"`)
	if !told(member) || told(v.beta.owner) {
		t.Error("who chats is not told that it is kept, or another team is")
	}
	id := v.tried("canary")
	detail := v.standing(owner, id)
	if detail.Contents != "kept" || detail.ContentsUntil == nil || detail.ContentsUntil.Sub(detail.At) != 30*24*time.Hour {
		t.Errorf("detail %+v", detail)
	}
	developer := v.join(v.acme, "dev@acme.test", "developer").AccessToken
	auditor := v.join(v.acme, "aud@acme.test", "auditor").AccessToken
	key := v.key(owner, httpapi.NewKey{Name: "logs", Scopes: []string{"logs.read"}}).Secret
	path := "/api/admin/logs/" + id + "/contents"
	for _, who := range []string{developer, key} {
		if got := v.standing(who, id).Contents; got != "denied" {
			t.Errorf("to others it is %s", got)
		}
		v.call(who, "POST", path, nil).want(403, "auth.forbidden")
	}
	for _, who := range []string{owner, auditor} {
		said := decode[httpapi.CallContents](v.call(who, "POST", path, nil).want(200))
		if said.Prompt[0].Text != "canary" || said.Answers[0].Text != "Hello" {
			t.Errorf("said %+v", said)
		}
	}
	v.call(owner, "GET", "/api/admin/audit?action=contents", nil).want(200, "contents.changed", `"readers":"auditor owner"`, "contents.read", "Somebody Example")
	for _, file := range []string{"/api/admin/logs/export", "/api/admin/logs/export?format=ndjson", "/api/admin/logs", "/api/admin/audit"} {
		if got := v.call(owner, "GET", file, nil).want(200).Body.String(); strings.Contains(got, "canary") || strings.Contains(got, "Hello") {
			t.Errorf("%s tells it", file)
		}
	}
	v.call(owner, "GET", contents, nil).want(200, `"calls":1`, `"oldest"`, `"responses":false`, `"kept_responses":0`)
	both := keeping("owner", "auditor")
	both.Responses = true
	v.call(owner, "PUT", contents, both).want(200, `"responses":true`)
	v.call(owner, "DELETE", contents, nil).want(200, `"calls":1`, `"responses":0`)
	if got := v.standing(owner, id).Contents; got != "deleted" {
		t.Errorf("after the deletion it is %s", got)
	}
	v.call(owner, "POST", path, nil).want(404)
	v.call(owner, "GET", "/api/admin/audit?action=contents", nil).want(200, "contents.deleted")
}

func TestChatsOfPeopleAreKeptToo(t *testing.T) {
	t.Parallel()
	v := newVertical(t, up.Answer("Hel", "lo"))
	v.provider()
	v.call(v.acme.owner, "PUT", contents, keeping("owner")).want(200)
	v.call(v.acme.owner, "POST", "/api/chat", httpapi.ChatRequest{ConversationID: newID(), MessageID: newID(), Text: "canary", Model: "m"}).want(200)
	v.stored(1)
	page := decode[httpapi.LogPage](v.call(v.acme.owner, "GET", "/api/admin/logs?surface=chat", nil).want(200))
	id := page.Items[0].ID
	if got := v.standing(v.acme.owner, id).Contents; got != "kept" {
		t.Fatalf("it is %s", got)
	}
	said := decode[httpapi.CallContents](v.call(v.acme.owner, "POST", "/api/admin/logs/"+id+"/contents", nil).want(200))
	if last := said.Prompt[len(said.Prompt)-1]; last.Text != "canary" || said.Answers[0].Text != "Hello" {
		t.Errorf("said %+v", said)
	}
}

func TestWhoDecidesAboutContents(t *testing.T) {
	t.Parallel()
	v := newVertical(t, up.Answer("Hello"))
	v.provider()
	v.call(v.acme.owner, "PUT", contents, keeping("owner")).want(200)
	id := v.tried("canary")
	if got := v.standing(v.acme.owner, id).Contents; got != "kept" {
		t.Fatalf("it is %s", got)
	}
	tokens := map[string]string{"nobody": "", "beta": v.beta.owner}
	for _, role := range []string{"admin", "member"} {
		tokens[role] = v.join(v.acme, role+"@acme.test", role).AccessToken
	}
	for _, tt := range []struct {
		method, path string
		body         any
		want         map[string]int
	}{
		{"POST", "/api/admin/logs/" + id + "/contents", nil, map[string]int{"nobody": 401, "beta": 404, "admin": 403, "member": 403}},
		{"GET", contents, nil, map[string]int{"nobody": 401, "beta": 200, "admin": 200, "member": 403}},
		{"PUT", contents, keeping("admin"), map[string]int{"nobody": 401, "beta": 200, "admin": 403, "member": 403}},
		{"DELETE", contents, nil, map[string]int{"nobody": 401, "beta": 200, "admin": 403, "member": 403}},
	} {
		for who, status := range tt.want {
			if got := v.call(tokens[who], tt.method, tt.path, tt.body); got.Code != status {
				t.Errorf("%s %s as %s: %d %s, want %d", tt.method, tt.path, who, got.Code, got.Body, status)
			}
		}
	}
	v.call(v.beta.owner, "PUT", contents, keeping("owner")).want(200)
	v.call(v.beta.owner, "POST", "/api/admin/logs/"+id+"/contents", nil).want(404) // it may read, but not this
	if got := v.standing(v.acme.owner, id).Contents; got != "kept" {
		t.Errorf("after all that it is %s", got)
	}
	for name, bad := range map[string]any{
		"no days": httpapi.ContentChoice{Keep: true, Readers: []string{"owner"}}, "too long": httpapi.ContentChoice{Keep: true, Days: 366, Readers: []string{"owner"}},
		"nobody": httpapi.ContentChoice{Keep: true, Days: 1, Readers: []string{}}, "a member": keeping("member"), "text": "{", "a wrong type": `{"keep":"yes","days":1,"readers":["owner"]}`,
	} {
		if got := v.call(v.acme.owner, "PUT", contents, bad); got.Code != 400 && got.Code != 422 {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	v.call(v.acme.owner, "DELETE", contents+"?holder=nobody", nil).want(422)
	v.call(v.acme.owner, "DELETE", contents+"?holder="+newID(), nil).want(200, `"calls":0`)
}
