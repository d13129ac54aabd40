package fleet

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
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
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return httpapi.ProviderTest{}, err
	}
	p := s.find(id)
	if p == nil {
		return httpapi.ProviderTest{}, notFound()
	}
	calling, cancel := context.WithTimeout(ctx, testWithin)
	defer cancel()
	test, failure := f.try(calling, p)
	if ctx.Err() != nil { // nobody waits for the result, so it says nothing
		return httpapi.ProviderTest{}, fault.New(fault.Canceled, "The test was cancelled.", ctx.Err())
	}
	test.OK = failure == nil
	detail := ""
	if failure != nil {
		test.Problem = httpapi.ProblemOf(failure)
		detail = fault.From(failure).Safe
		f.Log.InfoContext(ctx, "provider test failed", "tenant_id", tenant, "provider", p.id, "err", fault.Cause(failure))
	}
	return test, f.remember(ctx, tenant, actor, id, test, detail)
}

// try lists the models and streams a short completion of one: a configured
// one, or else the first that the endpoint lists.
func (f *Fleet) try(ctx context.Context, p *provider) (test httpapi.ProviderTest, err error) {
	test.Models = []string{}
	client, err := f.client(p)
	if err != nil {
		return test, err
	}
	listed, listErr := client.Models(ctx)
	for _, m := range listed[:min(len(listed), maxListed)] {
		test.Models = append(test.Models, m.ID)
	}
	models := f.serves(p)
	kind := kindChat
	switch {
	case len(models) > 0:
		test.TestedModel, kind = models[0].Upstream, models[0].Kind
	case len(listed) > 0:
		test.TestedModel = listed[0].ID
	case listErr != nil:
		return test, listErr
	default:
		return test, fault.New(fault.UpstreamFailed, "The endpoint serves no model.", nil)
	}
	calling := f.Now()
	defer func() { test.LatencyMS = f.Now().Sub(calling).Milliseconds() }()
	if kind == kindEmbed {
		_, err = client.Embed(ctx, llm.EmbedRequest{Model: test.TestedModel, Inputs: []string{"test"}})
		return test, err
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

func firstRunes(text string, n int) string {
	runes := []rune(strings.TrimSpace(text))
	return string(runes[:min(len(runes), n)])
}

// client speaks to a provider whether it is enabled or not.
func (f *Fleet) client(p *provider) (llm.Client, error) {
	if p.kind != kindLocal {
		if p.broken != nil {
			return nil, fault.New(fault.ModelUnready, "Its key cannot be opened. Enter it again.", p.broken)
		}
		return p.client, nil
	}
	models := f.serves(p)
	if len(models) == 0 {
		return nil, fault.New(fault.ModelUnready, "This server runs without an engine of its own.", nil)
	}
	d, err := f.localDeployment(offer{p, models[0]})
	if err != nil {
		return nil, err
	}
	return d.Client, nil
}

// remember stores the outcome, unless the provider was removed meanwhile.
func (f *Fleet) remember(ctx context.Context, tenant string, actor audit.Actor, id string, test httpapi.ProviderTest, detail string) error {
	err := f.write(ctx, tenant, func(tx pgx.Tx) error {
		p, err := lock(ctx, tx, tenant, id)
		if err != nil {
			return err
		}
		now := f.Now().UTC()
		p.testedAt, p.testedOK, p.testedDetail = &now, &test.OK, detail
		if err := update(ctx, tx, tenant, p); err != nil {
			return err
		}
		facts := map[string]string{"model": test.TestedModel, "outcome": "ok"}
		if !test.OK {
			facts["outcome"] = test.Problem.Code
		}
		return audit.Append(ctx, tx, entry(actor, "provider.tested", p, facts))
	})
	if errors.Is(err, fault.New(fault.NotFound, "", nil)) {
		return nil
	}
	return err
}
