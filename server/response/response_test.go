package response_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/server/response"
	"nexusai/server/secret"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
	"nexusai/server/tenant"
)

type world struct {
	*response.Book
	db   *store.DB
	now  time.Time
	mine response.Holder
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{db: storetest.Open(t), now: time.Now().Truncate(time.Microsecond)}
	keys, err := secret.Load(secret.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if w.Book, err = response.New(response.Config{DB: w.db, Keys: keys, Now: func() time.Time { return w.now }}); err != nil {
		t.Fatal(err)
	}
	w.mine = response.Holder{TenantID: storetest.Tenant(t, w.db), ID: uuid.NewString()}
	w.decide(t, true, 30)
	return w
}

// decide sets the policy of the world's tenant.
func (w *world) decide(t *testing.T, keep bool, days int) {
	t.Helper()
	err := w.db.Tenant(t.Context(), w.mine.TenantID, func(tx pgx.Tx) error {
		c := tenant.Settings{}.Kept()
		c.Responses, c.Days = keep, days
		return tenant.WriteSettings(t.Context(), tx, tenant.Settings{Contents: &c})
	})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
}

func (w *world) save(t *testing.T, h response.Holder, id, previous string) {
	t.Helper()
	turn := response.Turn{ID: id, Previous: previous, Began: w.now, Input: json.RawMessage(`[{"role":"user","content":"canary-` + id + `"}]`), Body: json.RawMessage(`{"id":"` + id + `"}`)}
	if err := w.Save(t.Context(), h, turn); err != nil {
		t.Fatal(fault.Cause(err))
	}
}

func TestAHistoryIsWhatLedThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(t, w.mine, "r1", "")
	w.save(t, w.mine, "r2", "r1")
	w.save(t, w.mine, "r3", "r2")
	got, err := w.History(t.Context(), w.mine, "r3")
	if err != nil || len(got) != 3 || got[0].ID != "r1" || string(got[2].Body) != `{"id":"r3"}` || !strings.Contains(string(got[1].Input), "canary-r2") {
		t.Fatalf("%+v %v", got, err)
	}
	if err := w.Delete(t.Context(), w.mine, "r1"); err != nil {
		t.Fatal(fault.Cause(err))
	}
	for _, id := range []string{"r1", "r2", "r3", "none"} {
		if _, err := w.History(t.Context(), w.mine, id); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("history of %s is %v", id, err)
		}
	}
	if got, err := w.Find(t.Context(), w.mine, "r3"); err != nil || string(got.Body) != `{"id":"r3"}` {
		t.Errorf("%+v %v", got, err)
	}
}

// TestNobodyElseSeesThem tries another key of the tenant, and the same key's id
// in another tenant.
func TestNobodyElseSeesThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(t, w.mine, "r1", "")
	for name, other := range map[string]response.Holder{
		"another key": {w.mine.TenantID, uuid.NewString()}, "another tenant": {storetest.Tenant(t, w.db), w.mine.ID},
	} {
		_, history := w.History(t.Context(), other, "r1")
		_, find := w.Find(t.Context(), other, "r1")
		for what, err := range map[string]error{"history": history, "find": find, "delete": w.Delete(t.Context(), other, "r1")} {
			if fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s: %s is %v", name, what, err)
			}
		}
	}
	if _, err := w.Find(t.Context(), w.mine, "r1"); err != nil {
		t.Error(fault.Cause(err))
	}
}

func TestWhatWasSaidIsSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(t, w.mine, "r1", "")
	plain := -1
	err := w.db.TenantRead(t.Context(), w.mine.TenantID, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select count(*) from kept_response r where r::text like '%canary%' or position('canary'::bytea in sealed) > 0`).Scan(&plain)
	})
	if err != nil || plain != 0 {
		t.Errorf("%d rows can be read, %v", plain, err)
	}
}

func TestTheyExpireUnlessGoneOnFrom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(t, w.mine, "old", "")
	w.save(t, w.mine, "first", "")
	w.save(t, w.mine, "used", "first")
	w.now = w.now.Add(30*24*time.Hour - time.Hour)
	w.save(t, w.mine, "new", "used")
	w.now = w.now.Add(2 * time.Hour)
	if _, err := w.History(t.Context(), w.mine, "new"); err != nil {
		t.Error(fault.Cause(err))
	}
	if _, err := w.Find(t.Context(), w.mine, "old"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("an expired one is %v", err)
	}
	if err := w.Clean(t.Context()); err != nil {
		t.Fatal(fault.Cause(err))
	}
	left := 0
	err := w.db.TenantRead(t.Context(), w.mine.TenantID, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select count(*) from kept_response`).Scan(&left)
	})
	if err != nil || left != 3 {
		t.Errorf("%d are left, %v", left, err)
	}
}

func (w *world) there(t *testing.T, id string) bool {
	t.Helper()
	_, find := w.Find(t.Context(), w.mine, id)
	_, history := w.History(t.Context(), w.mine, id)
	if fault.CodeOf(find) != fault.CodeOf(history) {
		t.Errorf("%s: find is %v, history %v", id, find, history)
	}
	return find == nil
}

func TestTheTenantsPolicySaysWhetherAndHowLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(t, w.mine, "long", "")
	w.decide(t, false, 30)
	w.save(t, w.mine, "never", "")
	w.decide(t, true, 2)
	w.save(t, w.mine, "short", "")
	for id, want := range map[string]bool{"long": true, "never": false, "short": true} {
		if w.there(t, id) != want {
			t.Errorf("%s is there: %v", id, !want)
		}
	}
	w.decide(t, true, 300)
	w.now = w.now.Add(49 * time.Hour)
	if w.there(t, "short") || !w.there(t, "long") {
		t.Error("a longer policy made what was kept longer")
	}
	w.decide(t, true, 2)
	if w.there(t, "long") {
		t.Error("a shorter policy does not hold for what was kept")
	}
	if err := w.Clean(t.Context()); err != nil {
		t.Fatal(fault.Cause(err))
	}
	left := -1
	err := w.db.TenantRead(t.Context(), w.mine.TenantID, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select count(*) from kept_response`).Scan(&left)
	})
	if err != nil || left != 0 {
		t.Errorf("%d are left, %v", left, err)
	}
}

func TestWhatIsTooLargeIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	large := response.Turn{ID: "r1", Input: json.RawMessage(`["` + strings.Repeat("x", response.MaxBytes) + `"]`), Body: json.RawMessage(`{}`)}
	if err := w.Save(t.Context(), w.mine, large); err != nil {
		t.Fatal(fault.Cause(err))
	}
	if _, err := w.Find(t.Context(), w.mine, "r1"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("it is %v", err)
	}
	chain := strings.Repeat("x", 3<<20)
	for i, id := range []string{"a", "b", "c", "d", "e"} {
		previous := ""
		if i > 0 {
			previous = string(rune('a' + i - 1))
		}
		turn := response.Turn{ID: id, Previous: previous, Began: w.now, Input: json.RawMessage(`["` + chain + `"]`), Body: json.RawMessage(`{}`)}
		if err := w.Save(t.Context(), w.mine, turn); err != nil {
			t.Fatal(fault.Cause(err))
		}
	}
	if _, err := w.History(t.Context(), w.mine, "e"); fault.CodeOf(err) != fault.ContextTooLong {
		t.Errorf("a long history is %v", err)
	}
}
