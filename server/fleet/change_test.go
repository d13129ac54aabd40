package fleet_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
	"nexusai/backend/llm"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/audit"
)

func TestAChangeIsSeenEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := w.process(nil)
	if w.serves(w.fleet, w.tenant, "m") || w.serves(second, w.tenant, "m") {
		t.Fatal("the model is there before its provider")
	}
	p, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("One", "https://api.example.com/v1/", "sk-secret-1", "m"))
	w.must(err)
	if p.State != "untested" || !p.HasKey || p.BaseURL != "https://api.example.com/v1" || p.Source != "console" {
		t.Errorf("created %+v", p)
	}
	if !w.serves(w.fleet, w.tenant, "m") || w.serves(w.fleet, w.other, "m") {
		t.Error("this process does not serve it to its tenant alone")
	}
	w.within(time.Second, "the other process serves it", func() bool { return w.serves(second, w.tenant, "m") })
	_, err = w.fleet.Change(t.Context(), w.tenant, audit.Operator, p.ID, httpapi.ProviderInput{Enabled: ptr(false)})
	w.must(err)
	w.within(time.Second, "the other process stops", func() bool { return !w.serves(second, w.tenant, "m") })
	w.must(w.fleet.Remove(t.Context(), w.tenant, audit.Operator, p.ID))
	if got := w.actions(w.tenant); !slices.Equal(got, []string{"provider.created", "provider.changed", "provider.deleted"}) {
		t.Errorf("audit %v", got)
	}
}

func TestProvidersOfAnotherTenantAreNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("One", "https://api.example.com/v1", "k", "m"))
	w.must(err)
	_, changed := w.fleet.Change(t.Context(), w.other, audit.Operator, p.ID, httpapi.ProviderInput{Enabled: ptr(false)})
	_, tested := w.fleet.Test(t.Context(), w.other, audit.Operator, p.ID)
	_, unknown := w.fleet.Test(t.Context(), w.other, audit.Operator, "no id")
	for _, err := range []error{changed, w.fleet.Remove(t.Context(), w.other, audit.Operator, p.ID), tested, unknown} {
		if fault.CodeOf(err) != fault.NotFound {
			t.Errorf("got %v", err)
		}
	}
	if list, err := w.fleet.List(t.Context(), w.other, nil); err != nil || len(list) != 0 {
		t.Errorf("listed %+v %v", list, err)
	}
}

func TestKeysAreSealedAndStayWithTheirAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("One", "https://api.example.com/v1", "sk-secret-1", "m"))
	w.must(err)
	var row string
	w.must(w.db.TenantRead(t.Context(), w.tenant, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select provider::text || encode(sealed, 'escape') from provider join provider_key k on k.provider_id = provider.id where provider.id = $1`, p.ID).Scan(&row)
	}))
	if strings.Contains(row, "sk-secret-1") || strings.Contains(w.log.String(), "sk-secret-1") {
		t.Error("the key is in the database or in the log")
	}
	_, err = w.fleet.Change(t.Context(), w.tenant, audit.Operator, p.ID, httpapi.ProviderInput{BaseURL: ptr("https://evil.example.com/v1")})
	if fault.CodeOf(err) != fault.BadRequest {
		t.Errorf("the key moved to another address: %v", err)
	}
	moved, err := w.fleet.Change(t.Context(), w.tenant, audit.Operator, p.ID, httpapi.ProviderInput{BaseURL: ptr("https://new.example.com/v1"), APIKey: ptr("")})
	if err != nil || moved.HasKey {
		t.Errorf("moved %+v %v", moved, err)
	}
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	t.Parallel()
	upstream := up.Serve(t, up.Answer("x"))
	w := newWorld(t)
	for _, url := range []string{upstream.URL, "http://10.0.0.7/v1", "http://localhost/v1", "http://169.254.169.254/v1", "http://[::1]/v1", "http://2130706433/v1"} {
		if _, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("P", url, "", "m")); fault.CodeOf(err) != "egress.refused" {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{"ftp://example.com", "example.com/v1", "https://user:pw@example.com/v1", "https://example.com/v1?x=1"} {
		if _, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("P", url, "", "m")); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%s: %v", url, err)
		}
	}
	// A public name may come to mean a private address later: then the dialled
	// address is judged.
	allowed := w.process(nil, "127.0.0.0/8")
	p, err := allowed.Create(t.Context(), w.tenant, audit.Operator, input("Local", upstream.URL, "", "m"))
	w.must(err)
	test, err := w.fleet.Test(t.Context(), w.tenant, audit.Operator, p.ID)
	if err != nil || test.OK || test.Problem == nil || len(upstream.Requests()) != 0 {
		t.Errorf("test %+v %v, %d requests", test, err, len(upstream.Requests()))
	}
}

func TestTestMakesARealCall(t *testing.T) {
	t.Parallel()
	upstream := up.Serve(t, up.Reply(200, `{"object":"list","data":[{"id":"up-1"},{"id":"up-2"}]}`), up.Answer("Hello", " there"),
		up.Reply(401, `{"error":{"message":"bad key sk-secret-2"}}`))
	w := newWorld(t, "127.0.0.0/8")
	p, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("One", upstream.URL, "sk-secret-2"))
	w.must(err)
	test, err := w.fleet.Test(t.Context(), w.tenant, audit.Operator, p.ID)
	if err != nil || !test.OK || test.Answer != "Hello there" || test.TestedModel != "up-1" || !slices.Equal(test.Models, []string{"up-1", "up-2"}) || test.FirstMS < 1 {
		t.Errorf("test %+v %v", test, err)
	}
	test, err = w.fleet.Test(t.Context(), w.tenant, audit.Operator, p.ID)
	if err != nil || test.OK || test.Problem == nil || test.Problem.Code != "upstream.refused" {
		t.Errorf("with a bad key: %+v %v", test, err)
	}
	list, err := w.fleet.List(t.Context(), w.tenant, nil)
	w.must(err)
	if list[0].State != "unready" || list[0].Detail == "" || list[0].TestedAt == nil || strings.Contains(list[0].Detail+w.log.String(), "sk-secret-2") {
		t.Errorf("afterwards %+v", list[0])
	}
	if got := w.actions(w.tenant); !slices.Equal(got, []string{"provider.created", "provider.tested", "provider.tested"}) {
		t.Errorf("audit %v", got)
	}
}

func TestBadProviders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("One", "https://api.example.com/v1", "k", "m"))
	w.must(err)
	twice := input("Two", "https://api.example.com/v1", "k", "m", "m")
	for name, tt := range map[string]struct {
		in   httpapi.ProviderInput
		code fault.Code
	}{
		"the same name": {input("One", "https://api.example.com/v1", ""), fault.Conflict},
		"no address":    {httpapi.ProviderInput{Name: ptr("X"), Kind: ptr("compatible")}, fault.BadRequest},
		"no such kind":  {httpapi.ProviderInput{Name: ptr("X"), Kind: ptr("fax")}, fault.BadRequest},
		"no name":       {input(" ", "https://api.example.com/v1", ""), fault.BadRequest},
		"a model twice": {twice, fault.BadRequest},
		"a line break":  {input("X", "https://api.example.com/v1", "a\r\nb"), fault.BadRequest},
	} {
		if _, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, tt.in); fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheBuiltInProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.process(engine{llamacpp.Fetching})
	list, err := f.List(t.Context(), w.tenant, nil)
	w.must(err)
	own := list[0]
	if len(list) != 1 || own.Kind != "local" || own.Source != "builtin" || len(own.Models) != 2 || own.State != "starting" || !strings.Contains(own.Detail, "33") {
		t.Fatalf("list %+v", list)
	}
	for name, err := range map[string]error{
		"removed": f.Remove(t.Context(), w.tenant, audit.Operator, own.ID),
		"renamed": second(f.Change(t.Context(), w.tenant, audit.Operator, own.ID, httpapi.ProviderInput{Name: ptr("Mine")})),
		"doubled": second(f.Create(t.Context(), w.tenant, audit.Operator, input("This server", "https://api.example.com/v1", ""))),
	} {
		if code := fault.CodeOf(err); code != fault.Conflict && code != fault.BadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	models, err := f.ListModels(w.as(w.tenant))
	w.must(err)
	if len(models) != 2 || models[0].ID != "qwen2.5-coder-0.5b" || models[0].State != "starting" || models[0].ContextTokens != (llamacpp.Model{Kind: llamacpp.Chat, Context: 8192}).Window() || models[1].ContextTokens != 512 {
		t.Errorf("models %+v", models)
	}
	_, err = f.SaveAlias(t.Context(), w.tenant, audit.Operator, httpapi.Alias{Name: "ours", Targets: []string{"qwen2.5-coder-0.5b"}})
	w.must(err)
	models, err = f.ListModels(w.as(w.tenant))
	w.must(err)
	if len(models) != 3 || models[0].ID != "ours" || models[0].Name != "ours" || models[0].State != "starting" || models[1].Name != "Qwen" {
		t.Errorf("with an alias %+v", models)
	}
	if name, price := f.Settle(t.Context(), w.tenant, "qwen2.5-coder-0.5b", broker.Attempt{Provider: own.ID, Deployment: "local/qwen2.5-coder-0.5b", Model: "qwen2.5-coder-0.5b"}); name != "This server" || !price.Known || price.Cost(llm.Usage{Input: 1000}) != 0 {
		t.Errorf("%s at %+v", name, price)
	}
	_, err = f.Change(t.Context(), w.tenant, audit.Operator, own.ID, httpapi.ProviderInput{Enabled: ptr(false)})
	w.must(err)
	if w.serves(f, w.tenant, "qwen2.5-coder-0.5b") {
		t.Error("it is served although disabled")
	}
}

func second[T any](_ T, err error) error { return err }

func TestAModelThatIsMinutesAwayIsComing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for phase, want := range map[llamacpp.Phase]fault.Code{
		llamacpp.Absent: fault.ModelUnready, llamacpp.Building: fault.ModelUnready, llamacpp.Fetching: fault.ModelUnready,
		llamacpp.Stopped: "", llamacpp.Starting: "", llamacpp.Ready: "", llamacpp.Failed: "",
	} {
		f := w.process(engine{phase})
		err := f.Coming(w.as(w.tenant), "qwen2.5-coder-0.5b")
		if (err == nil) != (want == "") || err != nil && (fault.CodeOf(err) != want || fault.From(err).RetryAfter == 0) {
			t.Errorf("%s: %v", phase, err)
		}
		if err := f.Coming(w.as(w.tenant), "nope"); err != nil {
			t.Errorf("%s: a model that nobody has: %v", phase, err)
		}
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := input("OpenAI", "https://api.openai.com/v1", "k", "gpt-4o")
	in.Models = append(in.Models, httpapi.ProviderModel{ID: "own", Upstream: "gpt-4o-mini", Kind: "chat", InputNanoUSD: ptr(int64(7)), OutputNanoUSD: ptr(int64(11))})
	p, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, in)
	w.must(err)
	custom, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("Elsewhere", "https://api.example.com/v1", "k", "gpt-4o"))
	w.must(err)
	usage := llm.Usage{Input: 1000, Output: 1000}
	for _, tt := range []struct {
		provider, model string
		known           bool
		cost            int64
	}{{p.ID, "gpt-4o", true, 12_500_000}, {p.ID, "gpt-4o-mini", true, 18}, {custom.ID, "gpt-4o", false, 0}, {"gone", "gpt-4o", false, 0}} {
		_, price := w.fleet.Settle(t.Context(), w.tenant, tt.model, broker.Attempt{Provider: tt.provider, Model: tt.model, Usage: usage, Started: time.Now()})
		if price.Known != tt.known || price.Cost(usage) != tt.cost {
			t.Errorf("%s at %s: %+v costs %d", tt.model, tt.provider, price, price.Cost(usage))
		}
	}
	// A call costs what held when it began, whatever holds when it ends.
	later := time.Now().Add(time.Hour)
	_, err = w.fleet.SetPrice(t.Context(), w.tenant, audit.Operator, httpapi.NewPriceOverride{
		ProviderID: p.ID, Upstream: "gpt-4o", ValidFrom: &later, Rates: httpapi.Rates{InputNanoUSD: ptr(int64(3_000_000)), OutputNanoUSD: ptr(int64(5_000_000))},
	})
	w.must(err)
	for began, cost := range map[time.Time]int64{later.Add(-time.Second): 12_500_000, later.Add(time.Second): 8_000} {
		_, price := w.fleet.Settle(t.Context(), w.tenant, "gpt-4o", broker.Attempt{Provider: p.ID, Model: "gpt-4o", Usage: usage, Started: began})
		if price.Cost(usage) != cost || price.Ref() == "" {
			t.Errorf("begun at %s: %+v costs %d, want %d", began, price, price.Cost(usage), cost)
		}
	}
}

func TestAKeyMayUseOnlyItsModels(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.fleet.Create(t.Context(), w.tenant, audit.Operator, input("One", "https://api.example.com/v1", "k", "fast", "fast-2", "vendor/a", "vendor/b"))
	w.must(err)
	ctx := httpapi.WithCaller(t.Context(), httpapi.Caller{TenantID: w.tenant, KeyID: "k", Models: []string{"fast", "vendor/*"}})
	for model, want := range map[string]fault.Code{"fast": "", "vendor/b": "", "fast-2": fault.ModelUnknown, "vendor": fault.ModelUnknown, "nope": fault.ModelUnknown} {
		if _, err := w.fleet.Candidates(ctx, broker.Query{Model: model, Need: broker.CanChat}); (err != nil || want != "") && fault.CodeOf(err) != want {
			t.Errorf("%s: %v", model, err)
		}
	}
	models, err := w.fleet.ListModels(ctx)
	if err != nil || len(models) != 3 {
		t.Errorf("listed %+v %v", models, err)
	}
}
