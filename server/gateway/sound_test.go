package gateway_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"nexusai/backend/httpapi"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/backend/provider/scripted"
)

const aloud = `{"model":"say","input":"four","voice":"v"}`

// speaks offers a model that speaks as the script says, after the caller has
// heard the first of it.
func speaks(w *world, end up.Act) (heard chan struct{}) {
	heard = make(chan struct{})
	upstream := up.Serve(w.t, []up.Act{scripted.Head("Content-Type", "audio/mpeg"), up.Raw("one"), func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-heard:
		case <-r.Context().Done():
		}
	}, end})
	w.offer(upstream.URL, httpapi.ProviderModel{ID: "say", Upstream: "say-1", Kind: "speech", InputNanoUSD: &price, OutputNanoUSD: &price})
	return heard
}

func TestSoundComesWhileItIsSpoken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	heard := speaks(w, up.Raw(" two"))
	resp := w.send("/v1/audio/speech", aloud)
	first := make([]byte, 3)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "one" {
		t.Fatalf("%q %v", first, err)
	}
	close(heard)
	if rest := text(t, resp); rest != " two" || resp.Header.Get("Content-Type") != "audio/mpeg" || resp.StatusCode != 200 {
		t.Errorf("%d %q of %v", resp.StatusCode, rest, resp.Header)
	}
	// Four characters are a token, and six of sound.
	if row, booked := w.row(); row.State != "ok" || !row.Streamed || row.FirstMS == 0 || row.CostNanoUSD != 7 || booked != 7 || !row.Estimated {
		t.Errorf("row %+v, booked %d", row, booked)
	}
}

func TestHalfASoundBreaksTheConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	heard := speaks(w, up.Cut())
	resp := w.send("/v1/audio/speech", aloud)
	close(heard)
	got, err := io.ReadAll(resp.Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || string(got) != "one" {
		t.Errorf("%q looks whole: %v", got, err)
	}
	if row, booked := w.row(); row.State != "failed" || row.ErrorCode != "upstream.failed" || row.CostNanoUSD != 7 || booked != 7 {
		t.Errorf("row %+v, booked %d", row, booked)
	}
}
