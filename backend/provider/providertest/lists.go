package providertest

import (
	"reflect"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/scripted"
)

// lists: models, embeddings and counts of tokens.
func lists(t *testing.T, a Adapter) {
	a.models(t)
	a.embed(t)
	a.count(t)
}

func (a Adapter) models(t *testing.T) {
	var scripts [][]scripted.Act
	for _, page := range a.Models.Pages {
		scripts = append(scripts, a.reply(200, page))
	}
	scripts = append(scripts, a.reply(200, `{}`), a.reply(200, `[]`), a.reply(200, ``), a.reply(200, `<html>`))
	c, u, _ := a.open(t, usual, scripts...)
	got, err := c.Models(t.Context())
	must(t, err)
	var want []llm.Model
	for _, id := range a.Models.Want {
		want = append(want, llm.Model{ID: id})
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("models %v", got)
	}
	first := u.Requests()[0]
	if a.asked(t, first, a.Models.Path, ""); first.Method != "GET" {
		t.Errorf("asked with %s", first.Method)
	}
	for range 4 {
		_, err := c.Models(t.Context())
		wantCode(t, err, fault.UpstreamFailed)
	}
}

func (a Adapter) embed(t *testing.T) {
	if a.Embed == nil {
		c, _, _ := a.open(t, usual, a.reply(200, `{}`))
		_, err := c.Embed(t.Context(), llm.EmbedRequest{Model: "m", Inputs: []string{"a"}})
		wantCode(t, err, fault.BadRequest)
		return
	}
	c, u, _ := a.open(t, usual, a.reply(200, a.Embed.JSON), a.reply(200, `{}`), a.reply(200, ` `), a.reply(200, a.Embed.JSON[:len(a.Embed.JSON)/2]))
	got, err := c.Embed(t.Context(), a.Embed.Request)
	must(t, err)
	if !reflect.DeepEqual(got, a.Embed.Want) {
		t.Errorf("got  %+v\nwant %+v", got, a.Embed.Want)
	}
	a.asked(t, u.Requests()[0], a.Embed.Path, a.Embed.Sent)
	for range 3 {
		_, err := c.Embed(t.Context(), a.Embed.Request)
		wantCode(t, err, fault.UpstreamFailed)
	}
	_, err = c.Embed(t.Context(), llm.EmbedRequest{Model: a.Embed.Request.Model})
	wantCode(t, err, fault.BadRequest)
}

func (a Adapter) count(t *testing.T) {
	if a.Count == nil {
		return
	}
	c, u, _ := a.open(t, usual, a.reply(200, a.Count.JSON), a.reply(200, `{}`), a.reply(200, ``))
	counter, ok := c.(llm.Counter)
	if !ok {
		t.Fatal("the client cannot count")
	}
	got, err := counter.CountTokens(t.Context(), a.Count.Request)
	must(t, err)
	if got != a.Count.Want {
		t.Errorf("counted %d", got)
	}
	a.asked(t, u.Requests()[0], a.Count.Path, a.Count.Sent)
	for range 2 {
		_, err := counter.CountTokens(t.Context(), a.Count.Request)
		wantCode(t, err, fault.UpstreamFailed)
	}
}
