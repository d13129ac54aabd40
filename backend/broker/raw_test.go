package broker_test

import (
	"bytes"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/backend/provider/scripted"
	"nexusai/backend/surface/audio"
)

// aloud asks for a text of six characters to read aloud.
func aloud(r *reports) broker.ForwardRequest {
	return broker.ForwardRequest{Surface: audio.Speech{}, Body: []byte(`{"model":"m","input":"say it","voice":"v"}`), Done: r.done}
}

func sounds() up.Act { return scripted.Head("Content-Type", "audio/mpeg") }

func TestSoundIsPassedOnAsItComes(t *testing.T) {
	t.Parallel()
	r, hold := &reports{}, make(chan struct{})
	b := newBroker(t, deploy(t, up.Serve(t, []up.Act{sounds(), up.Raw("one"), until(hold), up.Raw(" two")}), "one", 0))
	f, err := b.Forward(t.Context(), aloud(r))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	head := make([]byte, 3)
	if _, err := io.ReadFull(f.Body, head); err != nil || string(head) != "one" || r.calls.Load() != 0 {
		t.Fatalf("%q %v while the provider speaks", head, err)
	}
	close(hold)
	rest, err := drain(t, f)
	if err != nil || rest != " two" || !f.Stream || !f.Raw || f.ContentType != "audio/mpeg" {
		t.Errorf("%q %v, %+v", rest, err, f)
	}
	if a := r.only(t).Attempts; len(a) != 1 || a[0].Code != "" || a[0].Usage != llm.Spoken(6) || a[0].FirstToken.IsZero() || !a[0].Delivered || b.InFlight("one") != 0 {
		t.Errorf("attempts %+v", a)
	}
}

func TestHalfASoundIsNoWholeOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  up.Act
		code fault.Code
	}{
		"cut":       {up.Cut(), fault.UpstreamFailed},
		"stall":     {up.Wait(3 * time.Second), fault.Timeout},
		"no bounds": {up.Raw(strings.Repeat("x", 64)), fault.UpstreamFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, other, hold := &reports{}, up.Serve(t, []up.Act{sounds(), up.Raw("other")}), make(chan struct{})
			all := routes{deploy(t, up.Serve(t, []up.Act{sounds(), up.Raw("half"), until(hold), c.end}), "one", 0), deploy(t, other, "two", 1)}
			b, err := broker.New(broker.Config{Routes: all, Log: slog.New(slog.DiscardHandler), MaxAnswer: 32})
			if err != nil {
				t.Fatal(err)
			}
			f, err := b.Forward(t.Context(), aloud(r))
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			close(hold)
			got, err := drain(t, f)
			if fault.CodeOf(err) != c.code || !strings.HasPrefix(got, "half") || strings.Contains(got, "error") || !f.Raw || len(other.Requests()) != 0 {
				t.Errorf("%q %v", got, err)
			}
			if a := r.only(t).Attempts; len(a) != 1 || a[0].Code != c.code || a[0].Usage != llm.Spoken(6) {
				t.Errorf("attempts %+v", a)
			}
		})
	}
}

func TestWhoSaysNothingIsReplaced(t *testing.T) {
	t.Parallel()
	for name, script := range map[string][]up.Act{
		"no bytes": {sounds()}, "cut": {sounds(), up.Cut()}, "silence": {sounds(), up.Wait(3 * time.Second)}, "500": up.Reply(500, `{}`),
		"JSON": up.Reply(200, `{"error":{"message":"x"}}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &reports{}
			f, err := newBroker(t, deploy(t, up.Serve(t, script), "one", 0), deploy(t, up.Serve(t, []up.Act{sounds(), up.Raw("fine")}), "two", 1)).Forward(t.Context(), aloud(r))
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			if got, err := drain(t, f); err != nil || got != "fine" {
				t.Errorf("%q %v", got, err)
			}
			a := r.only(t).Attempts
			if len(a) != 2 || a[0].Code == "" || a[1].Deployment != "two" {
				t.Fatalf("attempts %+v", a)
			}
			// Who was given up on may bill what it was asked; who failed does not.
			if owed := a[0].Usage != (llm.Usage{}); owed != (a[0].Code == fault.Timeout) {
				t.Errorf("%s owes %+v", a[0].Code, a[0].Usage)
			}
		})
	}
}

func TestLeavingASoundFreesTheProvider(t *testing.T) {
	t.Parallel()
	r, u := &reports{}, (*up.Upstream)(nil)
	u = up.Serve(t, []up.Act{sounds(), up.Raw("one"), func(w http.ResponseWriter, r *http.Request) { u.Stall(w, r) }})
	f, err := newBroker(t, deploy(t, u, "one", 0)).Forward(t.Context(), aloud(r))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	f.Body.Close()
	if !u.WaitGone(5 * time.Second) {
		t.Error("the provider still speaks")
	}
	if a := r.only(t).Attempts[0]; a.Code != fault.Canceled || a.Usage != llm.Spoken(6) {
		t.Errorf("attempt %+v", a)
	}
}

// TestATranscriptWithoutAByteIsNone: as text, too, where anything else is an
// answer.
func TestATranscriptWithoutAByteIsNone(t *testing.T) {
	t.Parallel()
	text := func(body string) *up.Upstream { return up.Serve(t, up.Reply(200, body, "Content-Type", "text/plain")) }
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for field, value := range map[string]string{"model": "m", "response_format": "text"} {
		if err := form.WriteField(field, value); err != nil {
			t.Fatal(err)
		}
	}
	file, err := form.CreateFormFile("file", "a.wav")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = file.Write([]byte("RIFF"))
	_ = form.Close()
	r := &reports{}
	f, err := newBroker(t, deploy(t, text(""), "one", 0), deploy(t, text("fine\n"), "two", 1)).Forward(t.Context(), broker.ForwardRequest{
		Surface: audio.Transcriptions{ContentType: form.FormDataContentType()}, Body: body.Bytes(), Done: r.done,
	})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	if got, err := drain(t, f); err != nil || got != "fine\n" {
		t.Errorf("%q %v", got, err)
	}
	if a := r.only(t).Attempts; len(a) != 2 || a[0].Code != fault.UpstreamFailed || a[0].Lane != broker.LaneBytes {
		t.Errorf("attempts %+v", a)
	}
}
