package replication_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/server/replication"
	"nexusai/server/store/storetest"
	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

func write(t testing.TB, h *replication.Hub, tenant, scope string, ops ...wire.Op) []wire.Result {
	t.Helper()
	results, err := h.Write(t.Context(), tenant, scope, ops...)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Status == wire.Rejected {
			t.Fatalf("rejected: %+v", r)
		}
	}
	return results
}

func create(t testing.TB, entityName, id string, fields map[string]any) wire.Op {
	t.Helper()
	op, err := wire.NewCreate(entityName, id, fields)
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func update(t testing.TB, entityName, id string, fields map[string]any) wire.Op {
	t.Helper()
	op, err := wire.NewUpdate(entityName, id, fields)
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func TestConversationsPageSearchAndTrash(t *testing.T) {
	t.Parallel()
	h, tenant := newHub(t)
	scope := replication.UserScope(newID())
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	var ids []string
	for i := range 7 {
		id := newID()
		ids = append(ids, id)
		write(t, h, tenant, scope, create(t, entity.Conversations, id, map[string]any{"title": fmt.Sprint("Água número ", i), "last_at": at.Add(time.Duration(i/2) * time.Minute)}))
	}
	var seen []string
	q := replication.ConversationQuery{Limit: 3}
	for pages := 1; ; pages++ {
		page, err := h.Conversations(t.Context(), tenant, scope, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Items {
			seen = append(seen, c.ID)
		}
		if q.Before = page.Next; q.Before == "" {
			if pages != 3 || len(seen) != 7 || seen[0] != ids[6] {
				t.Fatalf("%d pages, %d rows", pages, len(seen))
			}
			break
		}
	}
	write(t, h, tenant, scope, update(t, entity.Conversations, ids[3], map[string]any{"trashed_at": at}))
	for name, c := range map[string]struct {
		q    replication.ConversationQuery
		want int
	}{
		"accents do not matter": {replication.ConversationQuery{Search: "agua"}, 6},
		"every word":            {replication.ConversationQuery{Search: "NÚMERO 2 água"}, 1},
		"no pattern language":   {replication.ConversationQuery{Search: "%"}, 0},
		"a null byte":           {replication.ConversationQuery{Search: "\x00"}, 6},
		"the trash":             {replication.ConversationQuery{Trash: true}, 1},
	} {
		page, err := h.Conversations(t.Context(), tenant, scope, c.q)
		if err != nil || len(page.Items) != c.want {
			t.Errorf("%s: %d rows, %v", name, len(page.Items), err)
		}
	}
	if _, err := h.Conversations(t.Context(), tenant, scope, replication.ConversationQuery{Before: "bm9uc2Vuc2U"}); !errors.Is(err, replication.ErrCursor) {
		t.Errorf("a made-up cursor: %v", err)
	}
}

func TestThreadAndDrafts(t *testing.T) {
	t.Parallel()
	h, tenant := newHub(t)
	scope := replication.UserScope(newID())
	conv, ask, answer := newID(), newID(), newID()
	write(t, h, tenant, scope,
		create(t, entity.Conversations, conv, map[string]any{"title": "t"}),
		create(t, entity.Messages, ask, map[string]any{"conversation_id": conv, "role": "user", "text": "why?", "created_at": "2026-11-22T10:00:00Z"}),
		create(t, entity.Messages, answer, map[string]any{"conversation_id": conv, "parent_id": ask, "role": "assistant", "text": "because", "finish": "stop", "cost_nano_usd": 12, "created_at": "2026-11-22T10:00:01Z"}),
		create(t, entity.Drafts, conv, map[string]any{"text": "and then", "updated_at": "2026-11-22T10:00:02Z"}),
	)
	messages, err := h.Messages(t.Context(), tenant, scope, conv)
	if err != nil || len(messages) != 2 || messages[1].ParentID == nil || *messages[1].ParentID != ask || messages[1].CostNanoUSD != 12 {
		t.Fatalf("%+v %v", messages, err)
	}
	if d, err := h.Draft(t.Context(), tenant, scope, conv); err != nil || d.Text != "and then" {
		t.Fatalf("%+v %v", d, err)
	}
	write(t, h, tenant, scope, create(t, entity.Drafts, conv, map[string]any{"text": ""}))
	if drafts, err := h.Drafts(t.Context(), tenant, scope); err != nil || len(drafts) != 0 {
		t.Fatalf("%+v %v", drafts, err)
	}
	again := write(t, h, tenant, scope, create(t, entity.Messages, ask, map[string]any{"conversation_id": conv, "role": "user", "text": "why?"}))
	if again[0].Status != wire.Applied || again[0].Seq != 2 {
		t.Fatalf("a second put of a message: %+v", again)
	}
}

// TestNobodyElseSeesAnything tries every read with another tenant and another
// user, and the tables themselves under row-level security.
func TestNobodyElseSeesAnything(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	h, err := replication.New(replication.Config{DB: db, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := storetest.Tenant(t, db), storetest.Tenant(t, db)
	scope := replication.UserScope(newID())
	conv := newID()
	write(t, h, mine, scope, create(t, entity.Conversations, conv, map[string]any{"title": "secret"}),
		create(t, entity.Messages, newID(), map[string]any{"conversation_id": conv, "role": "user", "text": "secret"}),
		create(t, entity.Drafts, conv, map[string]any{"text": "secret"}))
	for name, who := range map[string][2]string{"another tenant": {theirs, scope}, "another user": {mine, replication.UserScope(newID())}} {
		_, errC := h.Conversation(t.Context(), who[0], who[1], conv)
		_, errD := h.Draft(t.Context(), who[0], who[1], conv)
		if !errors.Is(errC, replication.ErrNotFound) || !errors.Is(errD, replication.ErrNotFound) {
			t.Errorf("%s: %v %v", name, errC, errD)
		}
		page, errP := h.Conversations(t.Context(), who[0], who[1], replication.ConversationQuery{})
		messages, errM := h.Messages(t.Context(), who[0], who[1], conv)
		drafts, errDs := h.Drafts(t.Context(), who[0], who[1])
		if err := errors.Join(errP, errM, errDs); err != nil || len(page.Items)+len(messages)+len(drafts) > 0 {
			t.Errorf("%s sees something: %v", name, err)
		}
	}
	for _, query := range []string{
		`select count(*) from conversation`, `select count(*) from message`, `select count(*) from draft`, `select count(*) from sync_op`,
		`select count(*) from sync_head`, `select count(*) from sync_client`, `select count(*) from sync_result`,
	} {
		var visible, own int
		errTheirs := db.TenantRead(t.Context(), theirs, func(tx pgx.Tx) error { return tx.QueryRow(t.Context(), query).Scan(&visible) })
		errMine := db.TenantRead(t.Context(), mine, func(tx pgx.Tx) error { return tx.QueryRow(t.Context(), query).Scan(&own) })
		if err := errors.Join(errTheirs, errMine); err != nil || visible != 0 || own == 0 {
			t.Errorf("%s: %d of theirs, %d of mine, %v", query, visible, own, err)
		}
	}
}

// TestAnotherNodeIsNoticed: what one process writes, the listeners of another
// learn by polling.
func TestAnotherNodeIsNoticed(t *testing.T) {
	t.Parallel()
	s := newSurface(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.hub.Run(ctx) }()
	conn := s.dial("ana")
	read := func(ctx context.Context) ([]byte, error) { _, data, err := conn.Read(ctx); return data, err }
	readHint(t, read)
	other, err := replication.New(replication.Config{DB: replication.DatabaseOf(s.hub), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	write(t, other, s.tenant, replication.UserScope(s.ana), create(t, entity.Conversations, newID(), map[string]any{"title": "elsewhere"}))
	if h := readHint(t, read); h.Head != 1 {
		t.Fatalf("hint %+v", h)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
