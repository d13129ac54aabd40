package run_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/replication"
	"nexusai/server/run"
	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

func TestAnAnswerIsStreamedStoredAndBooked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, up.Answer("Hel", "lo"))
	q := question("  \n What is **new**?\nTell me.")
	r := w.send(q)
	if r.State != httpapi.RunRunning || r.MessageID != q.MessageID || r.AnswerID == "" || r.Seq < 1 {
		t.Errorf("run %+v", r)
	}
	last := w.end(r.ID)
	if last.State != httpapi.RunDone || last.Message == nil || last.Message.Text != "Hello" || last.Message.Finish != "stop" ||
		last.Message.ParentID != q.MessageID || last.Message.OutputTokens != 2 || last.Message.CostNanoUSD != 5 || last.Message.RunID != r.ID {
		t.Errorf("last event %+v %+v", last, last.Message)
	}
	if got := w.messages(q.ConversationID); !slices.Equal(got, []string{"user/: " + q.Text, "assistant/stop: Hello"}) {
		t.Errorf("messages %q", got)
	}
	c, err := w.hub.Conversation(t.Context(), w.caller.TenantID, replication.UserScope(w.caller.UserID), q.ConversationID)
	w.must(err)
	if c.Title != "What is **new**?" || c.Model != "m" {
		t.Errorf("conversation %+v", c)
	}
	again, err := w.runs.Get(t.Context(), w.caller, r.ID)
	w.must(err)
	if again.State != httpapi.RunDone || again.Text != "Hello" || again.Seq != last.Seq {
		t.Errorf("later %+v, last seq %d", again, last.Seq)
	}
	w.until("the call is logged", func() bool {
		page, err := w.calls.Calls(t.Context(), w.caller.TenantID, httpapi.LogQuery{})
		w.must(err)
		return len(page.Items) == 1 && page.Items[0].State == "ok" && page.Items[0].Surface == "chat" && page.Items[0].CostNanoUSD == 5
	})
}

func TestARescuedAnswerCountsAsItWasDelivered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, []up.Act{up.Head(), up.Say("One two."), up.Wait(100 * time.Millisecond), up.Cut()}, up.Answer(" Three."))
	q := question("count")
	last := w.end(w.send(q).ID)
	// Eight bytes came of the first half, which nobody counted: two tokens.
	if last.State != httpapi.RunDone || last.Message == nil || last.Message.Text != "One two. Three." || last.Message.OutputTokens != 2+1 {
		t.Errorf("last event %+v %+v", last, last.Message)
	}
}

func TestARepeatedSendIsOneRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, up.Answer("x"))
	q := question("hi")
	ids := make([]string, 12)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			r, err := w.runs.Send(t.Context(), w.caller, q)
			if err != nil {
				t.Error(fault.Cause(err))
			}
			ids[i] = r.ID
		})
	}
	all.Wait()
	w.until("the run ended", func() bool { return w.runs.Active(w.caller.TenantID, w.caller.UserID, q.ConversationID) == "" })
	late := w.send(q)
	if slices.Sort(ids); ids[0] != ids[11] || late.ID != ids[0] || late.State != httpapi.RunDone || late.Text != "x" {
		t.Errorf("runs %v, later %+v", ids, late)
	}
	if n := len(w.upstream.Requests()); n != 1 {
		t.Errorf("the model was asked %d times", n)
	}
	q.Text = "something else"
	if r := w.send(q); r.ID != ids[0] { // the id decides
		t.Errorf("another text made run %s", r.ID)
	}
	if got := w.messages(q.ConversationID); len(got) != 2 {
		t.Errorf("messages %q", got)
	}
}

func TestARegenerationIsASibling(t *testing.T) {
	t.Parallel()
	w := newWorld(t, up.Answer("one"), up.Answer("two"))
	q := question("hi")
	w.end(w.send(q).ID)
	again := httpapi.ChatRequest{ConversationID: q.ConversationID, MessageID: q.MessageID, Model: "m", Regenerate: newID()}
	first, second := w.send(again), w.send(again)
	if first.ID != second.ID {
		t.Error("a repeated regeneration is another run")
	}
	w.end(first.ID)
	if got := w.messages(q.ConversationID); !slices.Equal(got, []string{"user/: hi", "assistant/stop: one", "assistant/stop: two"}) {
		t.Errorf("messages %q", got)
	}
	if body := string(w.upstream.Requests()[1].Body); strings.Contains(body, `"one"`) {
		t.Errorf("the first answer was sent along: %s", body)
	}
	again.MessageID, again.Regenerate = newID(), newID()
	if _, err := w.runs.Send(t.Context(), w.caller, again); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("an unknown message: %v", err)
	}
}

func TestOnlyStopCancels(t *testing.T) {
	t.Parallel()
	var w *world
	w = newWorld(t, []up.Act{up.Head(), up.Say("half"), func(rw http.ResponseWriter, r *http.Request) { w.upstream.Stall(rw, r) }})
	q := question("hi")
	ctx, leave := context.WithCancel(t.Context())
	r, err := w.runs.Send(ctx, w.caller, q)
	w.must(err)
	leave() // the request is over
	w.until("text came", func() bool {
		now, err := w.runs.Get(t.Context(), w.caller, r.ID)
		w.must(err)
		return now.Text == "half"
	})
	if w.runs.Active(w.caller.TenantID, w.caller.UserID, q.ConversationID) != r.ID {
		t.Fatal("the run ended with its request")
	}
	stopped, err := w.runs.Stop(t.Context(), w.caller, r.ID)
	w.must(err)
	if stopped.State != httpapi.RunStopped || stopped.Text != "half" || !w.upstream.WaitGone(5*time.Second) {
		t.Errorf("stopped %+v", stopped)
	}
	if again, err := w.runs.Stop(t.Context(), w.caller, r.ID); err != nil || again.State != httpapi.RunStopped {
		t.Errorf("twice: %+v %v", again, err)
	}
	if got := w.messages(q.ConversationID); !slices.Equal(got, []string{"user/: hi", "assistant/stopped: half"}) {
		t.Errorf("messages %q", got)
	}
}

func TestOthersCannotSeeOrStopARun(t *testing.T) {
	t.Parallel()
	var w *world
	w = newWorld(t, []up.Act{up.Head(), func(rw http.ResponseWriter, r *http.Request) { w.upstream.Stall(rw, r) }})
	r := w.send(question("hi"))
	for name, other := range map[string]httpapi.Caller{
		"another tenant": {TenantID: newID(), UserID: w.caller.UserID}, "another user": {TenantID: w.caller.TenantID, UserID: newID()},
	} {
		_, got := w.runs.Get(t.Context(), other, r.ID)
		_, stopped := w.runs.Stop(t.Context(), other, r.ID)
		_, ended := w.runs.Ended(httpapi.WithCaller(t.Context(), other), r.ID)
		for _, err := range []error{got, stopped, ended} {
			if fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := w.runs.Get(t.Context(), w.caller, "not an id"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a made-up id: %v", err)
	}
	_, err := w.runs.Stop(t.Context(), w.caller, r.ID)
	w.must(err)
}

func TestAFailureIsPartOfTheThread(t *testing.T) {
	t.Parallel()
	w := newWorld(t, []up.Act{up.Head(), up.Say("half"), up.Cut()})
	q := question("hi")
	last := w.end(w.send(q).ID)
	if last.State != httpapi.RunFailed || last.Problem == nil || last.Problem.Code != "upstream.failed" || last.Message.Text != "half" {
		t.Errorf("last event %+v", last)
	}
	if got := w.messages(q.ConversationID); !slices.Equal(got, []string{"user/: hi", "assistant/errorupstream.failed: half"}) {
		t.Errorf("messages %q", got)
	}
	unknown := question("hi")
	unknown.Model = "nope"
	if last := w.end(w.send(unknown).ID); last.Problem == nil || last.Problem.Code != "model.unknown" {
		t.Errorf("an unknown model: %+v", last)
	}
}

func TestAModelThatIsMinutesAwayStartsNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, up.Answer("here I am"))
	w.coming.Store(fault.New(fault.ModelUnready, "The local engine is still being built.", nil))
	q := question("hi")
	if _, err := w.runs.Send(t.Context(), w.caller, q); fault.CodeOf(err) != fault.ModelUnready {
		t.Fatalf("sent to a model that is not there: %v", err)
	}
	w.coming.Store(nil)
	if last := w.end(w.send(q).ID); last.State != httpapi.RunDone {
		t.Errorf("the same send once the model is there: %+v", last)
	}
	if got := w.messages(q.ConversationID); !slices.Equal(got, []string{"user/: hi", "assistant/stop: here I am"}) {
		t.Errorf("messages %q", got)
	}
}

func TestTheDraftGoesWithTheMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, up.Answer("x"))
	scope := replication.UserScope(w.caller.UserID)
	for text, kept := range map[string]string{"what is ne": "", "something else": "something else"} {
		q := question("what is new?")
		op, err := wire.NewCreate(entity.Drafts, q.ConversationID, map[string]any{"text": text, "updated_at": entity.FormatTime(time.Now())})
		w.must(err)
		_, err = w.hub.Write(t.Context(), w.caller.TenantID, scope, op)
		w.must(err)
		w.end(w.send(q).ID)
		draft, err := w.hub.Draft(t.Context(), w.caller.TenantID, scope, q.ConversationID)
		if w.must(err); draft.Text != kept {
			t.Errorf("draft %q became %q", text, draft.Text)
		}
	}
}

func TestBadSends(t *testing.T) {
	t.Parallel()
	w := newWorld(t, up.Answer("x"))
	good := question("hi")
	w.end(w.send(good).ID)
	for name, change := range map[string]func(*httpapi.ChatRequest){
		"no text":             func(q *httpapi.ChatRequest) { q.Text = " \n" },
		"not an id":           func(q *httpapi.ChatRequest) { q.MessageID = "1" },
		"parent is not an id": func(q *httpapi.ChatRequest) { q.ParentID = "1" },
		"unknown parent":      func(q *httpapi.ChatRequest) { q.ParentID = newID() },
		"too long":            func(q *httpapi.ChatRequest) { q.Text = strings.Repeat("x", 1_000_001) },
		"no name of a model":  func(q *httpapi.ChatRequest) { q.Model = "a\x00b" },
		"regenerates itself":  func(q *httpapi.ChatRequest) { q.Regenerate = q.MessageID },
	} {
		q := question("hi")
		change(&q)
		if _, err := w.runs.Send(t.Context(), w.caller, q); fault.CodeOf(err) != fault.BadRequest && fault.CodeOf(err) != fault.TooLarge {
			t.Errorf("%s: %v", name, err)
		}
	}
	taken := question("another text")
	taken.MessageID = good.MessageID
	other := w.caller
	other.UserID = newID()
	if _, err := w.runs.Send(t.Context(), other, taken); err != nil { // ids of different people do not meet
		t.Errorf("another user's id: %v", fault.Cause(err))
	}
}

func TestATeamHasSoManyAnswersAtATime(t *testing.T) {
	t.Parallel()
	var w *world
	w = newWorld(t, []up.Act{up.Head(), func(rw http.ResponseWriter, r *http.Request) { w.upstream.Stall(rw, r) }})
	w.stop()
	w.limit = 2
	w.start()
	first := w.send(question("1"))
	w.send(question("2"))
	_, err := w.runs.Send(t.Context(), w.caller, question("3"))
	if f := fault.From(err); f.Code != fault.RateLimited || f.RetryAfter == 0 {
		t.Errorf("the third: %v", err)
	}
	_, err = w.runs.Stop(t.Context(), w.caller, first.ID)
	w.must(err)
	w.until("there is room", func() bool {
		_, err := w.runs.Send(t.Context(), w.caller, question("4"))
		return err == nil
	})
}

func TestAPersonLeavesRoomForTheTeam(t *testing.T) {
	t.Parallel()
	var w *world
	w = newWorld(t, []up.Act{up.Head(), func(rw http.ResponseWriter, r *http.Request) { w.upstream.Stall(rw, r) }})
	w.stop()
	w.limit, w.each = 3, 2
	w.start()
	w.send(question("1"))
	w.send(question("2"))
	if _, err := w.runs.Send(t.Context(), w.caller, question("3")); fault.CodeOf(err) != fault.RateLimited || !strings.HasPrefix(fault.From(err).Safe, "You have") {
		t.Errorf("the third of one person: %v", err)
	}
	colleague := w.caller
	colleague.UserID = newID()
	if _, err := w.runs.Send(t.Context(), colleague, question("4")); err != nil {
		t.Errorf("a colleague's: %v", fault.Cause(err))
	}
	if _, err := w.runs.Send(t.Context(), colleague, question("5")); fault.CodeOf(err) != fault.RateLimited || !strings.HasPrefix(fault.From(err).Safe, "Your team") {
		t.Errorf("one more than the team may: %v", err)
	}
}

func TestARestartEndsWhatWasRunning(t *testing.T) {
	t.Parallel()
	var w *world
	w = newWorld(t, []up.Act{up.Head(), up.Say("half an answer"), func(rw http.ResponseWriter, r *http.Request) { w.upstream.Stall(rw, r) }})
	q := question("hi")
	r := w.send(q)
	w.until("a checkpoint is stored", func() bool {
		var text string
		w.must(w.db.TenantRead(t.Context(), w.caller.TenantID, func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `select text from run where id = $1`, r.ID).Scan(&text)
		}))
		return text == "half an answer"
	})
	// The process is gone: its run stays in the database as it is, and the next
	// process has the same name.
	dead := w.stop
	t.Cleanup(dead)
	w.start()
	w.until("the run is ended", func() bool {
		now, err := w.runs.Get(t.Context(), w.caller, r.ID)
		w.must(err)
		return now.State == httpapi.RunFailed && now.Text == "half an answer"
	})
	if got := w.messages(q.ConversationID); !slices.Equal(got, []string{"user/: hi", "assistant/error" + string(run.Interrupted) + ": half an answer"}) {
		t.Errorf("messages %q", got)
	}
	if e, err := w.runs.Ended(httpapi.WithCaller(t.Context(), w.caller), r.ID); err != nil || e.Problem == nil || e.Problem.Code != string(run.Interrupted) || e.Message.Text != "half an answer" {
		t.Errorf("attached later: %+v %v", e, err)
	}
}

func TestShutdownKeepsWhatWasWritten(t *testing.T) {
	t.Parallel()
	var w *world
	w = newWorld(t, []up.Act{up.Head(), up.Say("half"), func(rw http.ResponseWriter, r *http.Request) { w.upstream.Stall(rw, r) }})
	q := question("hi")
	r := w.send(q)
	w.until("text came", func() bool {
		now, err := w.runs.Get(t.Context(), w.caller, r.ID)
		w.must(err)
		return now.Text != ""
	})
	w.stop()
	if got := w.messages(q.ConversationID); !slices.Equal(got, []string{"user/: hi", "assistant/error" + string(run.Interrupted) + ": half"}) {
		t.Errorf("messages %q", got)
	}
	if _, err := w.runs.Send(t.Context(), w.caller, question("late")); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("a send after the end: %v", err)
	}
}

func TestOldMessagesAreLeftOutOfASmallWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, up.Answer("answer"))
	w.window = 1200
	q := question("question 1 " + strings.Repeat("x ", 600))
	parent := w.end(w.send(q).ID).Message.ID
	for range 2 {
		q.MessageID, q.ParentID, q.Text = newID(), parent, "next "+strings.Repeat("y ", 500)
		parent = w.end(w.send(q).ID).Message.ID
	}
	requests := w.upstream.Requests()
	var sent struct {
		MaxTokens int `json:"max_tokens"`
		Messages  []struct{ Role, Content string }
	}
	w.must(json.Unmarshal(requests[len(requests)-1].Body, &sent))
	var roles []string
	for _, m := range sent.Messages {
		roles = append(roles, m.Role)
	}
	if strings.Contains(sent.Messages[1].Content, "question 1") || !slices.Equal(roles, []string{"system", "user", "assistant", "user"}) {
		t.Errorf("sent %v", roles)
	}
	if sent.MaxTokens < 256 || sent.MaxTokens > 1200 {
		t.Errorf("may write %d tokens", sent.MaxTokens)
	}
}
