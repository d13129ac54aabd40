package fleet

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/catalog"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/server/audit"
)

const (
	testWithin  = 30 * time.Second
	testTokens  = 16
	maxListed   = 500 // models named in a test's answer
	answerRunes = 200
)

// Test makes a real call to a provider: its list of models, and a few streamed
// tokens of one. A failure of the provider is in the answer, not an error.
func (f *Fleet) Test(ctx context.Context, tenant string, actor audit.Actor, id string) (httpapi.ProviderTest, error) {
	return f.probe(ctx, tenant, actor, id, func(p *vendor) (trial, error) {
		t := trial{p: p}
		if keys, _ := p.usable(); len(keys) > 0 {
			t.key = keys[0]
		}
		if all := f.serves(p); len(all) > 0 {
			t.d = all[0]
		}
		return t, nil
	})
}

// TestKey makes a real call with one key of a provider's pool, be it enabled or not.
func (f *Fleet) TestKey(ctx context.Context, tenant string, actor audit.Actor, id, keyID string) (httpapi.ProviderTest, error) {
	return f.probe(ctx, tenant, actor, id, func(p *vendor) (trial, error) {
		t := trial{p: p, key: p.key(strings.ToLower(keyID))}
		if t.key == nil {
			return t, noKey()
		}
		if len(p.deployments) > 0 {
			t.d = p.deployments[0]
		}
		return t, nil
	})
}

// TestDeployment makes a real call to one model of a provider.
func (f *Fleet) TestDeployment(ctx context.Context, tenant string, actor audit.Actor, id string) (httpapi.ProviderTest, error) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return httpapi.ProviderTest{}, err
	}
	p, d := f.findDeployment(s, id)
	if d == nil {
		return httpapi.ProviderTest{}, noDeployment()
	}
	return f.probe(ctx, tenant, actor, p.id, func(p *vendor) (trial, error) {
		t := trial{p: p, d: d, only: true}
		if keys, _ := p.usable(); len(keys) > 0 {
			t.key = keys[0]
		}
		return t, nil
	})
}

// trial is one test call.
type trial struct {
	p    *vendor
	key  *poolKey    // nil: the provider has none that can be used
	d    *deployment // nil: the first that the endpoint lists
	only bool        // its list of models is not asked for
}

func (f *Fleet) probe(ctx context.Context, tenant string, actor audit.Actor, id string, choose func(*vendor) (trial, error)) (httpapi.ProviderTest, error) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return httpapi.ProviderTest{}, err
	}
	p := s.find(strings.ToLower(id))
	if p == nil {
		return httpapi.ProviderTest{}, notFound()
	}
	t, err := choose(p)
	if err != nil {
		return httpapi.ProviderTest{}, err
	}
	calling, cancel := context.WithTimeout(ctx, testWithin)
	defer cancel()
	test, failure := f.try(calling, t)
	if ctx.Err() != nil { // nobody waits for the result, so it says nothing
		return httpapi.ProviderTest{}, fault.New(fault.Canceled, "The test was cancelled.", ctx.Err())
	}
	test.OK = failure == nil
	if t.key != nil {
		test.Key = t.key.name
	}
	detail := ""
	if failure != nil {
		test.Problem = httpapi.ProblemOf(failure)
		detail = fault.From(failure).Safe
		f.Log.InfoContext(ctx, "provider test failed", "tenant_id", tenant, "provider", p.id, "err", endpoint.Told(failure))
	}
	return test, f.remember(ctx, tenant, actor, p.id, test, detail)
}

// try lists the models and calls one: a configured one, or else the first that
// the endpoint lists.
func (f *Fleet) try(ctx context.Context, t trial) (test httpapi.ProviderTest, err error) {
	test.Models = []string{}
	client, err := f.client(t)
	if err != nil {
		return test, err
	}
	var listErr error
	if !t.only {
		var listed []llm.Model
		listed, listErr = client.Models(ctx)
		for _, m := range listed[:min(len(listed), maxListed)] {
			test.Models = append(test.Models, m.ID)
		}
	}
	kind := kindChat
	switch {
	case t.d != nil:
		test.TestedModel, kind = t.d.upstream, t.d.kind
	case len(test.Models) > 0:
		test.TestedModel = test.Models[0]
	case listErr != nil:
		return test, listErr
	default:
		return test, fault.New(fault.UpstreamFailed, "The endpoint serves no model.", nil)
	}
	calling := f.Now()
	defer func() { test.LatencyMS = f.Now().Sub(calling).Milliseconds() }()
	if kind != kindChat {
		return test, f.tryOther(ctx, client, kind, test.TestedModel)
	}
	done, err := client.Chat(ctx, llm.ChatRequest{
		Model: test.TestedModel, MaxTokens: testTokens, Messages: []llm.Message{{Role: llm.User, Text: "Say hello in one short sentence."}},
	}, func(llm.Delta) error {
		if test.FirstMS == 0 {
			test.FirstMS = max(1, f.Now().Sub(calling).Milliseconds())
		}
		return nil
	})
	test.Answer = firstRunes(done.Text, answerRunes)
	return test, err
}

// tryOther makes the smallest call that a model which is not for chat answers.
func (f *Fleet) tryOther(ctx context.Context, client llm.Client, kind, model string) error {
	cannot := fault.New(fault.BadRequest, "This kind of provider has no such models.", nil)
	switch kind {
	case kindEmbed:
		_, err := client.Embed(ctx, llm.EmbedRequest{Model: model, Inputs: []string{"test"}})
		return err
	case string(catalog.Rerank):
		ranker, ok := client.(llm.Reranker)
		if !ok {
			return cannot
		}
		_, err := ranker.Rerank(ctx, llm.RerankRequest{Model: model, Query: "test", Documents: []string{"a test", "a pear"}})
		return err
	case string(catalog.Speech):
		speaker, ok := client.(llm.Speaker)
		if !ok {
			return cannot
		}
		speech, err := speaker.Speak(ctx, llm.SpeechRequest{Model: model, Text: "Hello.", Voice: "alloy"})
		if err != nil {
			return err
		}
		return heard(speech.Sound)
	}
	listener, ok := client.(llm.Transcriber)
	if !ok {
		return cannot
	}
	_, err := listener.Transcribe(ctx, llm.TranscribeRequest{Model: model, Sound: silence(), FileName: "test.wav"})
	return err
}

func firstRunes(text string, n int) string {
	runes := []rune(strings.TrimSpace(text))
	return string(runes[:min(len(runes), n)])
}

// client speaks to a provider whether it is enabled or not.
func (f *Fleet) client(t trial) (llm.Client, error) {
	switch {
	case t.p.kind == kindLocal && t.d == nil:
		return nil, fault.New(fault.ModelUnready, "This server runs without an engine of its own.", nil)
	case t.p.kind == kindLocal:
		d, err := f.localDeployment(offer{t.p, t.d})
		return d.Client, err
	case t.p.broken != nil:
		return nil, fault.New(fault.ModelUnready, "Its address cannot be used.", t.p.broken)
	case t.key != nil && t.key.client != nil:
		return t.key.client, nil
	case len(t.p.keys) == 0:
		return t.p.open, nil
	}
	return nil, fault.New(fault.ModelUnready, "None of its keys can be used. Enter one again or enable one.", t.p.keys[0].broken)
}

// remember stores the outcome, unless the provider was removed meanwhile.
func (f *Fleet) remember(ctx context.Context, tenant string, actor audit.Actor, id string, test httpapi.ProviderTest, detail string) error {
	err := f.write(ctx, tenant, func(tx pgx.Tx) error {
		_, p, err := locked(ctx, tx, tenant, id)
		if err != nil {
			return err
		}
		now := f.Now().UTC()
		p.testedAt, p.testedOK, p.testedDetail = &now, &test.OK, detail
		if err := update(ctx, tx, tenant, p); err != nil {
			return err
		}
		facts := map[string]string{"model": test.TestedModel, "outcome": "ok"}
		if test.Key != "" {
			facts["key"] = test.Key
		}
		if !test.OK {
			facts["outcome"] = test.Problem.Code
		}
		return audit.Append(ctx, tx, entry(actor, "provider.tested", p.id, p.name, facts))
	})
	if errors.Is(err, fault.New(fault.NotFound, "", nil)) {
		return nil
	}
	return err
}
