package gateway_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	up "nexusai/backend/provider/openai/openaitest"
)

type answered struct {
	ID       string
	Previous string `json:"previous_response_id"`
	Store    *bool
	Error    struct {
		Code, Param, Message string
	}
}

func (w *world) respond(body string, header ...string) (answered, int) {
	w.t.Helper()
	return w.respondTo(w.tenant, body, header...)
}

func (w *world) respondTo(token, body string, header ...string) (answered, int) {
	w.t.Helper()
	resp := w.do(http.MethodPost, "/v1/responses", token, strings.NewReader(body), header...)
	var got answered
	data, err := io.ReadAll(resp.Body)
	w.must(err)
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		_, last, _ := strings.Cut(string(data), "event: response.completed\ndata: ")
		var ev struct{ Response answered }
		if err := json.Unmarshal([]byte(last), &ev); err != nil {
			w.t.Fatalf("%v in %s", err, data)
		}
		return ev.Response, resp.StatusCode
	}
	if err := json.Unmarshal(data, &got); err != nil {
		w.t.Fatalf("%v in %s", err, data)
	}
	return got, resp.StatusCode
}

// TestGoesOnFromWhatWasSaid: the provider keeps nothing, so what it is asked
// shows what was kept.
func TestGoesOnFromWhatWasSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keepResponses(true)
	upstream := up.Serve(t, up.Answer("first answer"), up.Answer("second answer"), up.Answer("third answer"))
	w.serve(upstream.URL)
	first, status := w.respond(`{"model":"fast","input":"one","instructions":"be brief"}`)
	if status != 200 || first.ID == "" {
		t.Fatalf("%d %+v", status, first)
	}
	second, status := w.respond(`{"model":"fast","input":[{"role":"user","content":"two"}],"previous_response_id":"` + first.ID + `","stream":true}`)
	if status != 200 || second.Previous != first.ID {
		t.Fatalf("%d %+v", status, second)
	}
	if third, status := w.respond(`{"model":"fast","input":"three","previous_response_id":"` + second.ID + `"}`); status != 200 || third.Previous != second.ID {
		t.Fatalf("%d %+v", status, third)
	}
	var sent struct {
		Messages []struct{ Role, Content string }
	}
	if err := json.Unmarshal(upstream.Requests()[2].Body, &sent); err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, m := range sent.Messages {
		said += m.Role + ":" + m.Content + " "
	}
	if want := "user:one assistant:first answer user:two assistant:second answer user:three "; said != want { // instructions are of one request
		t.Errorf("said %q", said)
	}
}

// TestAResponseGoesOnWhereItWasSaid: of two that could answer, the one that did
// has the prompt cache and can open what it sealed.
func TestAResponseGoesOnWhereItWasSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keepResponses(true)
	both := []*up.Upstream{up.Serve(t, up.Answer("a")), up.Serve(t, up.Answer("b"))}
	w.serve(both[0].URL)
	_, err := w.fleet.Apply(t.Context(), w.tenant, []byte("providers:\n  - {name: Twin, base_url: \""+both[1].URL+"\", models: [{id: fast, upstream: vendor/fast-1}]}\n"))
	w.must(err)
	for range 3 {
		before := []int{len(both[0].Requests()), len(both[1].Requests())}
		last, status := w.respond(`{"model":"fast","input":"one"}`)
		for range 5 {
			if status != 200 {
				t.Fatalf("%d %+v", status, last)
			}
			last, status = w.respond(`{"model":"fast","input":"more","previous_response_id":"` + last.ID + `","stream":true}`)
		}
		if one, two := len(both[0].Requests())-before[0], len(both[1].Requests())-before[1]; one != 0 && two != 0 {
			t.Errorf("a conversation went to both: %d and %d times", one, two)
		}
	}
}

func TestAResponseIsItsKeysAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keepResponses(true)
	upstream := up.Serve(t, up.Answer("secret answer"))
	w.serve(upstream.URL)
	kept, _ := w.respond(`{"model":"fast","input":"one"}`)
	loose, _ := w.respond(`{"model":"fast","input":"one","store":false}`)
	asked := len(upstream.Requests())
	for _, id := range []string{loose.ID, "resp_nothing"} {
		if got, status := w.respond(`{"model":"fast","input":"x","previous_response_id":"` + id + `"}`); status != 400 || got.Error.Param != "previous_response_id" {
			t.Errorf("%s is %d %+v", id, status, got)
		}
	}
	if n := len(upstream.Requests()); n != asked {
		t.Errorf("%d requests reached the provider", n-asked)
	}
	for _, token := range []string{w.tenant + "-second", w.other} {
		if got, status := w.respondTo(token, `{"model":"fast","input":"x","previous_response_id":"`+kept.ID+`"}`); status != 400 || got.Error.Param != "previous_response_id" {
			t.Errorf("another key goes on from it: %d %+v", status, got)
		}
	}
	path := "/v1/responses/" + kept.ID
	for token, want := range map[string]int{"": 401, w.other: 404, w.tenant + "-second": 404, w.tenant + "-poor": 403, w.tenant: 200} {
		resp := w.do(http.MethodGet, path, token, nil)
		if got := text(t, resp); resp.StatusCode != want || strings.Contains(got, "secret answer") != (want == 200) {
			t.Errorf("GET with %q is %d %s", token, resp.StatusCode, got)
		}
	}
	for _, tt := range []struct {
		token string
		want  int
	}{{"", 401}, {w.other, 404}, {w.tenant + "-second", 404}, {w.tenant + "-poor", 403}, {w.tenant, 200}, {w.tenant, 404}} {
		if resp := w.do(http.MethodDelete, path, tt.token, nil); resp.StatusCode != tt.want {
			t.Errorf("DELETE with %q is %d", tt.token, resp.StatusCode)
		}
	}
	if resp := w.do(http.MethodGet, path, w.tenant, nil); resp.StatusCode != 404 {
		t.Errorf("a deleted one is %d", resp.StatusCode)
	}
}

// TestNoResponseIsKeptThatThePolicyDoesNotAllow: the answer says so, and whoever
// wants to go on from one hears why that cannot be.
func TestNoResponseIsKeptThatThePolicyDoesNotAllow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	upstream := up.Serve(t, up.Answer("answer"))
	w.serve(upstream.URL)
	for _, tt := range []struct {
		name, token, said string
		header            []string
		keeps, kept       bool
		why               string // not to go on; empty: it is only not there
	}{
		{"nobody decided", w.tenant, "", nil, false, false, "policy"},
		{"against a policy", w.tenant, `,"store":true`, nil, false, false, "policy"},
		{"a private key", w.tenant + "-private", "", nil, true, false, "private"},
		{"a header", w.tenant, `,"store":null`, []string{"X-Nexus-Store", "0"}, true, false, ""},
		{"the request", w.tenant, `,"store":false`, nil, true, false, ""},
		{"all agree", w.tenant, "", nil, true, true, ""},
	} {
		for _, stream := range []string{"false", "true"} {
			w.keepResponses(tt.keeps)
			got, status := w.respondTo(tt.token, `{"model":"fast","input":"one","stream":`+stream+tt.said+`}`, tt.header...)
			if status != 200 || got.Store == nil || *got.Store != tt.kept {
				t.Errorf("%s: %d %+v", tt.name, status, got)
			}
			next, status := w.respondTo(tt.token, `{"model":"fast","input":"two","previous_response_id":"`+got.ID+`"}`)
			if tt.kept != (status == 200) || !tt.kept && (status != 400 || next.Error.Param != "previous_response_id" || !strings.Contains(next.Error.Message, tt.why)) {
				t.Errorf("%s: going on is %d %+v", tt.name, status, next)
			}
			w.keepResponses(true)
			if resp := w.do(http.MethodGet, "/v1/responses/"+got.ID, w.tenant, nil); (resp.StatusCode == 200) != tt.kept {
				t.Errorf("%s: it is read with %d", tt.name, resp.StatusCode)
			}
		}
	}
	if _, status := w.respond(`{"model":"fast","input":"one","store":"yes"}`, "X-Nexus-Store", "0"); status != 400 {
		t.Errorf("a wrong type is %d", status)
	}
}
