package content_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/backend/surface/chat"
	"nexusai/backend/surface/embeddings"
	"nexusai/server/audit"
	"nexusai/server/calllog"
	"nexusai/server/content"
	"nexusai/server/policy"
	"nexusai/server/response"
	"nexusai/server/store/storetest"
	"nexusai/server/tenant"
)

func TestWithoutAPolicyNothingIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.book.Run)
	id := w.askChat(canary)
	w.want(w.person(policy.Owner), id, "not_kept")
	w.decide(true, 30)
	w.decide(false, 30)
	again := w.askChat(canary)
	w.want(w.person(policy.Owner), again, "not_kept")
	if n := w.count(`select count(*) from call_content`); n != 0 {
		t.Errorf("%d are stored", n)
	}
	w.nowhere(canary)
}

func TestWhatIsKeptIsSealedAndReadByWhomThePolicyNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.book.Run)
	w.decide(true, 30, policy.Owner, policy.Auditor)
	id := w.askChat(canary + "-prompt")
	owner := w.person(policy.Owner)
	w.want(owner, id, "kept")
	w.nowhere(canary)
	for _, c := range []httpapi.Caller{w.person(policy.Admin), w.person(policy.Developer), w.caller(), {TenantID: w.tenant, KeyID: w.key, Role: policy.Owner}} {
		w.want(c, id, "denied")
		if _, err := w.book.Read(t.Context(), c, id); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s reads: %v", c.Role, err)
		}
	}
	if n := w.count(`select count(*) from audit_entry where action = 'contents.read'`); n != 0 {
		t.Errorf("%d readings before anybody could read", n)
	}
	for _, c := range []httpapi.Caller{owner, w.person(policy.Auditor)} {
		said, err := w.book.Read(t.Context(), c, id)
		w.must(err)
		if said.Prompt[0].Text != canary+"-prompt" || said.Prompt[0].Role != "user" || said.Answers[0].Text != canary+"-answer" || said.PromptCut || said.AnswerCut {
			t.Errorf("said %+v", said)
		}
		if n := w.count(`select count(*) from audit_entry where action = 'contents.read' and target_id = $1 and actor_id = $2`, id, c.UserID); n != 1 {
			t.Errorf("%d entries say that %s read it", n, c.Role)
		}
	}
	w.nowhere(canary)
}

func TestAnotherTeamSeesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.book.Run)
	w.decide(true, 30)
	id := w.askChat(canary)
	w.want(w.person(policy.Owner), id, "kept")
	other := storetest.Tenant(t, w.db)
	stranger := httpapi.Caller{TenantID: other, UserID: uuid.NewString(), SessionID: uuid.NewString(), Role: policy.Owner}
	w.must(w.book.SetPolicy(t.Context(), other, audit.Operator, tenant.Contents{Keep: true, Days: 1, Readers: []string{policy.Owner}}))
	if _, err := w.book.Read(t.Context(), stranger, id); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a stranger reads: %v", err)
	}
	if n, err := w.book.Erase(t.Context(), other, audit.Operator, ""); err != nil || n.Calls != 0 {
		t.Errorf("a stranger erases %d, %v", n, err)
	}
	w.want(w.person(policy.Owner), id, "kept")
}

// TestWhoForbidsItIsHeeded tries what may only reduce, and what would widen.
func TestWhoForbidsItIsHeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.book.Run)
	owner := w.person(policy.Owner)
	w.decide(true, 30)
	private := w.caller()
	private.Private = true
	stored := strings.Replace(prompt(canary), `{`, `{"store":false,`, 1)
	for name, id := range map[string]string{
		"the header":  w.ask(w.caller(), chat.Surface{}, prompt(canary), content.Header, "0"),
		"the request": w.ask(w.caller(), chat.Surface{}, stored),
		"the key":     w.ask(private, chat.Surface{}, prompt(canary), content.Header, "1"),
	} {
		if got := w.state(owner, id); got != "declined" {
			t.Errorf("%s: %s", name, got)
		}
	}
	w.want(owner, w.ask(w.caller(), chat.Surface{}, strings.Replace(prompt(`say \"store\"`), `{`, `{"store":true,`, 1)), "kept")
	w.decide(false, 30)
	w.want(owner, w.ask(w.caller(), chat.Surface{}, strings.Replace(prompt(canary), `{`, `{"store":true,`, 1), content.Header, "1"), "not_kept")
	w.nowhere(canary)
}

func TestWhatExpiresIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.book.Run)
	owner := w.person(policy.Owner)
	w.decide(true, 7)
	id := w.askChat(canary)
	w.want(owner, id, "kept")
	w.decide(true, 30) // what was promised for seven days is not kept for longer
	w.move(7*24*time.Hour + time.Second)
	w.want(owner, id, "expired")
	if _, err := w.book.Read(t.Context(), owner, id); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("an expired one is read: %v", err)
	}
	later := w.askChat(canary)
	w.want(owner, later, "kept")
	w.must(w.book.Clean(t.Context()))
	if n := w.count(`select count(*) from call_content where call_id = $1`, later); n != 1 || w.count(`select count(*) from call_content`) != 1 {
		t.Error("not exactly the expired one was cleaned up")
	}
	w.decide(true, 1) // a shorter time holds at once
	w.move(25 * time.Hour)
	w.want(owner, later, "expired")
	w.must(w.book.Clean(t.Context()))
	if n := w.count(`select count(*) from call_content`); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// TestPartitionsAreDropped ages the table beyond any policy.
func TestPartitionsAreDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kept := w.count(`select keep_months from partitioned_log where name = 'call_content'`)
	if kept != 12 {
		t.Errorf("kept for %d months", kept)
	}
}

func TestDeletingTakesWhatIsOnItsWayToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.person(policy.Owner)
	w.decide(true, 30)
	ana := w.person(policy.Member)
	spooled := w.askChat(canary) // nothing runs yet: it waits on disk
	anas := w.ask(ana, chat.Surface{}, prompt(canary))
	if n, err := w.book.Erase(t.Context(), w.tenant, audit.Operator, ana.UserID); err != nil || n.Calls != 0 {
		t.Errorf("erased %+v, %v", n, err)
	}
	w.run(w.book.Run)
	w.want(owner, spooled, "kept")
	w.want(owner, anas, "deleted")
	after := w.ask(ana, chat.Surface{}, prompt(canary))
	w.want(owner, after, "kept")
	if n, err := w.book.Erase(t.Context(), w.tenant, audit.Operator, ""); err != nil || n.Calls != 2 {
		t.Errorf("erased %+v, %v", n, err)
	}
	w.want(owner, spooled, "deleted")
	w.want(owner, after, "deleted")
	if _, err := w.book.Read(t.Context(), owner, after); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a deleted one is read: %v", err)
	}
	if n := w.count(`select count(*) from audit_entry where action = 'contents.deleted'`); n != 2 {
		t.Errorf("%d entries", n)
	}
	w.want(owner, w.askChat(canary), "kept")
}

// TestDeletingTakesResponses and one that is being answered meanwhile.
func TestDeletingTakesResponses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kept, err := response.New(response.Config{DB: w.db, Keys: w.keys, Now: w.now})
	w.must(err)
	want := tenant.Settings{}.Kept()
	want.Responses = true
	w.must(w.book.SetPolicy(w.t.Context(), w.tenant, audit.Operator, want))
	if w.want(w.person(policy.Owner), w.askChat(canary), "not_kept"); !w.book.KeepsResponses(w.tenant) || w.book.KeepsResponses(uuid.NewString()) {
		t.Error("the policy of responses is not known, or counts for calls or others")
	}
	mine, other := response.Holder{TenantID: w.tenant, ID: w.key}, response.Holder{TenantID: w.tenant, ID: uuid.NewString()}
	save := func(h response.Holder, id string, began time.Time) {
		w.must(kept.Save(t.Context(), h, response.Turn{ID: id, Began: began, Input: []byte("[]"), Body: []byte("{}")}))
	}
	there := func(h response.Holder, id string) bool {
		_, err := kept.Find(t.Context(), h, id)
		return err == nil
	}
	w.move(0)
	before := w.now()
	save(mine, "one", before)
	save(other, "one", before)
	w.move(time.Second)
	if n, err := w.book.Erase(t.Context(), w.tenant, audit.Operator, w.key); err != nil || n.Responses != 1 {
		t.Errorf("erased %+v, %v", n, err)
	}
	save(mine, "two", before)
	save(other, "two", before)
	w.move(time.Second)
	save(mine, "three", w.now())
	for id, want := range map[string]bool{"one": false, "two": false, "three": true} {
		if there(mine, id) != want {
			t.Errorf("%s is there: %v", id, !want)
		}
	}
	_, stored, err := w.book.Policy(t.Context(), w.tenant)
	w.must(err)
	if !there(other, "one") || !there(other, "two") || stored.Responses != 3 {
		t.Errorf("another's are gone; %d are left", stored.Responses)
	}
	if n, err := w.book.Erase(t.Context(), w.tenant, audit.Operator, ""); err != nil || n.Responses != 3 {
		t.Errorf("erased %+v, %v", n, err)
	}
	if save(mine, "four", before); there(mine, "four") {
		t.Error("one is kept that began before all were deleted")
	}
}

// TestThePolicyAtTheEndCounts switches off between a call and its storing.
func TestThePolicyAtTheEndCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.decide(true, 30)
	w.askChat(canary)
	w.decide(false, 30)
	stop := w.run(w.book.Run)
	stop()
	if n := w.count(`select count(*) from call_content`); n != 0 {
		t.Errorf("%d are stored", n)
	}
	w.nowhere(canary)
}

func TestNextProcessStoresWhatThisOneCouldNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.decide(true, 30)
	id := w.askChat(canary)
	w.nowhere(canary) // it is on disk, sealed
	next := w.open(0)
	stop := w.run(next.Run)
	stop()
	w.want(w.person(policy.Owner), id, "kept")
}

func TestWhatIsTooMuchIsDroppedAndSaidSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.book = w.open(2000)
	w.door.Book = w.book
	w.decide(true, 30)
	first, second := w.askChat(canary), w.askChat(strings.Repeat("long ", 400))
	w.run(w.book.Run)
	w.want(w.person(policy.Owner), first, "kept")
	w.want(w.person(policy.Owner), second, "lost")
	if !strings.Contains(w.log.String(), "contents of a call dropped") {
		t.Errorf("the log says\n%s", w.log)
	}
	w.want(w.person(policy.Owner), w.askChat(canary), "kept") // there is room again
}

func TestLongTextsAreCutWithAMark(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.book.Run)
	owner := w.person(policy.Owner)
	w.decide(true, 30)
	const most = 256 << 10
	w.next.stream = true
	w.next.body = `data: {"choices":[{"delta":{"content":"` + strings.Repeat("é", most) + `"}}]}` + "\n\n" + `data: {"choices":[{"delta":{"content":"more"}}]}` + "\n\ndata: [DONE]\n\n"
	old, middle, last := strings.Repeat("a", most/2), strings.Repeat("b", most), "the question"
	id := w.ask(w.caller(), chat.Surface{}, fmt.Sprintf(`{"model":"m","stream":true,"messages":[{"role":"system","content":"%s"},{"role":"user","content":"%s"},{"role":"user","content":"%s"}]}`, old, middle, last))
	w.want(owner, id, "kept")
	said, err := w.book.Read(t.Context(), owner, id)
	w.must(err)
	if n := len(said.Prompt); n != 2 || said.Prompt[1].Text != last || said.Prompt[1].Cut || !said.Prompt[0].Cut || !said.PromptCut || len(said.Prompt[0].Text) > most {
		t.Errorf("%d turns, cut %v", n, said.PromptCut)
	}
	if text := said.Answers[0].Text; len(text) != most || !strings.HasSuffix(text, "é") || !said.AnswerCut {
		t.Errorf("%d bytes of the answer, cut %v", len(text), said.AnswerCut)
	}
}

func TestWhatIsNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.book.Run)
	owner := w.person(policy.Owner)
	w.decide(true, 30)
	w.next.status, w.next.body = http.StatusBadRequest, `{"error":{"message":"no"}}`
	refused := w.askChat("hi")
	w.want(owner, refused, "kept")
	w.next.err = fault.New(fault.UpstreamFailed, "The model's provider failed.", errors.New("x"))
	failed := w.askChat("hi")
	w.want(owner, failed, "kept")
	for _, id := range []string{refused, failed} {
		said, err := w.book.Read(t.Context(), owner, id)
		if err != nil || len(said.Answers) != 0 || said.Prompt[0].Text != "hi" {
			t.Errorf("said %+v %v", said, err)
		}
	}
	w.next.attempts = 0 // refused before anybody was asked
	w.want(owner, w.askChat("hi"), "not_kept")
	w.next.err, w.next.attempts, w.next.status, w.next.body = nil, 1, http.StatusOK, `{"data":[]}`
	w.want(owner, w.ask(w.caller(), embeddings.Surface{}, `{"model":"m","input":"`+canary+`"}`), "not_kept")
	w.nowhere(canary)
}

// TestWhatTheServerDiedInTheMiddleOf asks about calls that were never brought to
// their end.
func TestWhatTheServerDiedInTheMiddleOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.decide(true, 30)
	for name, tt := range map[string]struct {
		call httpapi.InferenceLog
		want string
	}{
		"it runs":             {httpapi.InferenceLog{State: "running", At: w.now().Add(time.Second)}, "pending"},
		"it was cut off":      {httpapi.InferenceLog{State: "failed", ErrorCode: calllog.CodeInterrupted, At: w.now().Add(time.Second)}, "lost"},
		"before the policy":   {httpapi.InferenceLog{State: "failed", ErrorCode: calllog.CodeInterrupted, At: w.now().Add(-time.Hour)}, "not_kept"},
		"it failed otherwise": {httpapi.InferenceLog{State: "failed", ErrorCode: "timeout", At: w.now().Add(time.Second)}, "not_kept"},
	} {
		detail := httpapi.LogDetail{InferenceLog: tt.call}
		w.must(w.book.Describe(t.Context(), w.person(policy.Owner), &detail))
		if detail.Contents != tt.want {
			t.Errorf("%s: %s, want %s", name, detail.Contents, tt.want)
		}
	}
}

// chatter is a broker that says two words.
type chatter struct{ err error }

func (c chatter) ChatWithReport(_ context.Context, _ llm.ChatRequest, _ broker.Options, onDelta func(llm.Delta) error) (llm.Completion, broker.Report, error) {
	for _, d := range []llm.Delta{{Reasoning: "hm"}, {Text: canary}, {Text: "-answer"}} {
		if err := onDelta(d); err != nil {
			return llm.Completion{}, broker.Report{}, err
		}
	}
	return llm.Completion{Text: "-answer"}, broker.Report{Attempts: make([]broker.Attempt, 1)}, c.err
}

func TestChatsAreKeptAsTheyAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.book.Run)
	w.decide(true, 30)
	ana := w.person(policy.Member)
	for _, cause := range []error{nil, fault.New(fault.UpstreamFailed, "It broke off.", nil)} {
		chats := &content.Chats{Next: chatter{cause}, Book: w.book, Calls: w.calls}
		record := w.calls.Begin(calllog.Call{TenantID: w.tenant, Surface: "chat", Operation: "chat", Model: "m", UserID: ana.UserID})
		req := llm.ChatRequest{Model: "m", Messages: []llm.Message{{Role: llm.User, Text: canary, Images: make([]llm.Image, 2)}}}
		_, _, err := chats.ChatWithReport(httpapi.WithCaller(t.Context(), ana), req, broker.Options{CallID: record.ID()}, func(llm.Delta) error { return nil })
		if !errors.Is(err, cause) {
			t.Fatal(err)
		}
		record.End(calllog.Outcome{State: calllog.OK, Attempts: 1})
		owner := w.person(policy.Owner)
		w.want(owner, record.ID(), "kept")
		said, err := w.book.Read(t.Context(), owner, record.ID())
		w.must(err)
		if said.Prompt[0].Pictures != 2 || said.Answers[0].Text != canary+"-answer" || said.Answers[0].Reasoning != "hm" {
			t.Errorf("said %+v", said)
		}
	}
	w.nowhere(canary)
}

// TestAPolicyIsAudited and what is no change is not.
func TestAPolicyIsAudited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.decide(true, 30, policy.Owner, policy.Auditor)
	w.decide(true, 30, policy.Auditor, policy.Owner, policy.Owner)
	w.decide(true, 31, policy.Owner)
	w.must(w.book.SetPolicy(t.Context(), w.tenant, audit.Operator, tenant.Contents{Keep: true, Responses: true, Days: 31, Readers: []string{policy.Owner}}))
	if n := w.count(`select count(*) from audit_entry where action = 'contents.changed'`); n != 3 {
		t.Errorf("%d entries, want 3", n)
	}
	for name, bad := range map[string]tenant.Contents{
		"no days": {Keep: true, Readers: []string{policy.Owner}}, "too many": {Keep: true, Days: 366, Readers: []string{policy.Owner}},
		"nobody": {Keep: true, Days: 1}, "a member": {Keep: true, Days: 1, Readers: []string{policy.Member}}, "a stranger": {Keep: true, Days: 1, Readers: []string{"x"}},
	} {
		if err := w.book.SetPolicy(t.Context(), w.tenant, audit.Operator, bad); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAPolicyOfAnotherProcessHoldsWithinASecond changes it behind the book's back.
func TestAPolicyOfAnotherProcessHoldsWithinASecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.book.Run)
	w.want(w.person(policy.Owner), w.askChat("hi"), "not_kept")
	w.must(w.db.Tenant(t.Context(), w.tenant, func(tx pgx.Tx) error {
		_, _, err := content.SetPolicy(t.Context(), tx, audit.Operator, time.Now(), tenant.Contents{Keep: true, Days: 1, Readers: []string{policy.Owner}})
		return err
	}))
	for deadline := time.Now().Add(10 * time.Second); w.state(w.person(policy.Owner), w.askChat("hi")) != "kept"; {
		if time.Now().After(deadline) {
			t.Fatal("the policy is not heard of")
		}
	}
}

// silent answers without doing anything.
type silent struct{ answer *broker.Forwarded }

func (s silent) Forward(context.Context, broker.ForwardRequest) (*broker.Forwarded, error) {
	return s.answer, nil
}

// TestWithoutAPolicyTheDoorCostsNothing counts what a call allocates on its way.
func TestWithoutAPolicyTheDoorCostsNothing(t *testing.T) {
	w := newWorld(t)
	door := &content.Door{Next: silent{&broker.Forwarded{Body: io.NopCloser(strings.NewReader(""))}}, Book: w.book, Calls: w.calls}
	ctx := httpapi.WithCaller(t.Context(), w.caller())
	req := broker.ForwardRequest{Surface: chat.Surface{}, Body: []byte(prompt("hi"))}
	ask := func() {
		if answer, err := door.Forward(ctx, req); err != nil || answer == nil {
			t.Fatal(err)
		}
	}
	w.must(w.book.Load(ctx))
	if n := testing.AllocsPerRun(100, ask); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
