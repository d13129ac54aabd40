package cache

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"hash"
	"slices"

	"nexusai/backend/broker"
)

// format changes when what is kept under a name does.
const format = "1"

// name identifies a request and its answer.
type name [sha256.Size]byte

// speaking are the headers that change an answer.
var speaking = []string{"Anthropic-Version", "Anthropic-Beta", "Openai-Beta", "X-Nexus-Strict"}

// name of a request of a tenant; false when its answer cannot be kept, or
// nobody serves it.
func (c *Cache) name(ctx context.Context, tenant string, req broker.ForwardRequest) (name, bool) {
	need, ok := needs[req.Surface.Wire()]
	if !ok {
		return name{}, false
	}
	var body bytes.Buffer
	if err := json.Compact(&body, req.Body); err != nil { // a form
		return name{}, false
	}
	// Whoever may not use the model any more gets no old answer of it either.
	route, err := c.routes.Candidates(ctx, broker.Query{Model: req.Request.Model(), Need: need})
	if err != nil || len(route.Deployments) == 0 {
		return name{}, false
	}
	sum := hmac.New(sha256.New, c.secret)
	part(sum, []byte(format), []byte(tenant), []byte(req.Surface.Wire()), body.Bytes())
	for _, key := range speaking {
		part(sum, []byte(req.Header.Get(key)))
	}
	for _, model := range models(route) {
		part(sum, []byte(model))
	}
	var out name
	sum.Sum(out[:0])
	return out, true
}

// models that may serve, by provider, so that an alias that points elsewhere
// has other answers.
func models(route broker.Route) []string {
	var all []string
	for _, d := range route.Deployments {
		all = append(all, d.Provider+"\x00"+d.Model+"\x00"+d.Region)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// part adds texts so that no two lists of them are the same bytes.
func part(sum hash.Hash, texts ...[]byte) {
	for _, text := range texts {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(text)))
		_, _ = sum.Write(size[:]) // a hash takes everything
		_, _ = sum.Write(text)
	}
}
