package main

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/httpapi"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/store/database"
	"nexusai/server/store/storetest"
)

// TestAnOutsideDatabaseServesAsWell starts on an empty database that somebody
// else runs: everything else is the same.
func TestAnOutsideDatabaseServesAsWell(t *testing.T) {
	t.Parallel()
	app, owner := storetest.Empty(t)
	dir := folder(t)
	p := start(t, dir, "NEXUS_DATABASE_URL="+app, "NEXUS_DATABASE_OWNER_URL="+owner, "NEXUS_ALLOW_NET=127.0.0.0/8")
	acme := newTeamOn(t, database.Config{Dir: dir, URL: app}, up.Serve(t, up.Answer("Hel", "lo")).URL)
	bearer := acme.login(p.url)
	status, body := post(t.Context(), p.url+"/v1/chat/completions", acme.key, map[string]any{"model": "m", "stream": true, "messages": []any{map[string]string{"role": "user", "content": "hi"}}})
	if status != 200 || !bytes.Contains(body, []byte("[DONE]")) {
		t.Errorf("v1: %d %s", status, body)
	}
	message := uuid.Must(uuid.NewV7()).String()
	status, body = post(t.Context(), p.url+"/api/chat", bearer, httpapi.ChatRequest{ConversationID: uuid.Must(uuid.NewV7()).String(), MessageID: message, Text: "hi", Model: "m"})
	if status != 200 {
		t.Errorf("chat: %d %s", status, body)
	}
	acme.have(`select count(*) from message where role = 'assistant' and parent_id::text = $1`, 1, message)
	acme.have(`select count(*) from inference_log where state = 'ok'`, 2)
	if status, _ := p.get("/readyz"); status != 200 {
		t.Errorf("readiness %d", status)
	}
	p.signal(syscall.SIGTERM)
	if code := p.ended(20 * time.Second); code != 0 {
		t.Errorf("exit status %d\n%s", code, p.log)
	}
	if _, err := os.Stat(filepath.Join(dir, "pg")); !os.IsNotExist(err) {
		t.Error("a private database was made all the same")
	}
}
