package localapi_test

import (
	"fmt"
	"html"
	"maps"
	"strings"
	"testing"

	"nexusai/backend/httpapi"
)

func TestEachFolderRemembersItsOwnViews(t *testing.T) {
	t.Parallel()
	one, other := start(t, true), start(t, true)
	const hostile = `"><script>alert(1)</script>`
	for name, text := range map[string]string{"nexus.pane.list": "320", "nexus.theme": "dark", "nexus.x": hostile} {
		get[struct{}](one, "PUT", "/api/local/view", httpapi.ViewValue{Name: name, Text: text})
	}
	get[struct{}](other, "PUT", "/api/local/view", httpapi.ViewValue{Name: "nexus.pane.list", Text: "200"})
	get[struct{}](one, "PUT", "/api/local/view", httpapi.ViewValue{Name: "nexus.theme"}) // forgets it
	for _, tt := range []struct {
		h    *host
		want map[string]string
	}{{one, map[string]string{"nexus.pane.list": "320", "nexus.x": hostile}}, {other, map[string]string{"nexus.pane.list": "200"}}} {
		if got := get[httpapi.View](tt.h, "GET", "/api/local/view", nil).Values; !maps.Equal(got, tt.want) {
			t.Errorf("remembered %v, want %v", got, tt.want)
		}
	}
	_, page, _ := one.do("GET", "/", "")
	get[httpapi.Settings](one, "PUT", "/api/local/settings", httpapi.Settings{Theme: "dark", Locale: "en", SendWith: "enter"})
	get[struct{}](one, "PUT", "/api/local/view", httpapi.ViewValue{Name: "nexus.pane.conversations", Text: "320"})
	get[struct{}](one, "PUT", "/api/local/view", httpapi.ViewValue{Name: "nexus.rail.wide", Text: "true"})
	if _, look, _ := one.do("GET", "/", ""); !strings.Contains(look, `<html data-host="window" data-theme="dark" style="--start-rail:180px;--start-list:320px">`) {
		t.Errorf("the first frame: %.300s", look)
	}
	get[struct{}](one, "PUT", "/api/local/view", httpapi.ViewValue{Name: "nexus.pane.conversations", Text: "9;x:url(y)"})
	if _, look, _ := one.do("GET", "/", ""); strings.Contains(look, "--start-list") {
		t.Errorf("a width that is none: %.300s", look)
	}
	if !strings.Contains(page, html.EscapeString(`"nexus.pane.list":"320"`)) || strings.Contains(page, "<script>alert") {
		t.Errorf("the first page: %s", page)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	t.Parallel()
	h := browser(t)
	for n := range 200 {
		get[struct{}](h, "PUT", "/api/local/view", httpapi.ViewValue{Name: fmt.Sprint("v", n), Text: "1"})
	}
	for name, tt := range map[string]struct {
		body   string
		status int
	}{
		"one more":       {`{"name":"more","text":"1"}`, 413},
		"a known one":    {`{"name":"v7","text":"2"}`, 204},
		"a strange name": {`{"name":"../x","text":"1"}`, 422},
		"a long text":    {`{"name":"v1","text":"` + strings.Repeat("x", 4001) + `"}`, 422},
	} {
		if status, text, _ := h.do("PUT", "/api/local/view", tt.body); status != tt.status {
			t.Errorf("%s: %d %s, want %d", name, status, text, tt.status)
		}
	}
	if _, page, _ := h.do("GET", "/", ""); strings.Contains(page, "v7") {
		t.Error("browser mode shows views to who has not exchanged the link")
	}
	h.bearer = ""
	if status, _, _ := h.do("GET", "/api/local/view", ""); status != 401 {
		t.Errorf("anonymous: %d", status)
	}
}
