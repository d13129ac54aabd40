package broker

import (
	"context"
	"time"

	"nexusai/backend/llm"
)

// Capability is what a deployment must be able to do.
type Capability string

// The capabilities that the broker asks for.
const (
	CanChat       Capability = "chat"
	CanEmbed      Capability = "embed"
	CanTranscribe Capability = "transcribe"
	CanSpeak      Capability = "speak"
	CanRerank     Capability = "rerank"
	// CanCount is only an Ask's: tokens are counted, which costs nothing. The
	// router is asked for CanChat.
	CanCount Capability = "count"
)

// Router knows which deployments may serve a request; who asks is in ctx.
type Router interface {
	// Candidates of a model or alias. fault.ModelUnknown when nobody serves it.
	// The broker does not change what it gets.
	Candidates(ctx context.Context, q Query) (Route, error)
	// Models lists the names that Candidates accepts.
	Models(ctx context.Context) ([]llm.Model, error)
}

// Query asks for a route.
type Query struct {
	Model string // or an alias
	Need  Capability
	// Via is the name whose larger model this is; its regions and caps hold as
	// well. Usually empty.
	Via string
}

// Route is where a request may go, by what the caller may use: rights, region
// and price. What the request itself needs (pictures, length) the broker checks.
type Route struct {
	Deployments []Deployment // in any order
	Excluded    []Excluded
	// Larger is the model to ask when the request is too long for this one;
	// empty: none is set up.
	Larger string
	// HedgeAfter is how late the first token may be before a second deployment
	// is asked too, and the faster one answers; 0: never.
	HedgeAfter time.Duration
}

// Excluded is a deployment that may not serve, and why.
type Excluded struct {
	Deployment string // its ID
	Name       string // in words
	Reason     Reason
}

// Reason is why a deployment is passed over; clients translate it.
type Reason string

// The reasons.
const (
	ReasonDisabled   Reason = "disabled"
	ReasonRights     Reason = "rights"     // the key's or role's list of models
	ReasonRegion     Reason = "region"     // the tenant's or the alias's
	ReasonPrice      Reason = "price"      // over the cap
	ReasonCapability Reason = "capability" // pictures, tools, schema, surface
	ReasonContext    Reason = "context"    // the request is too long for it
	ReasonLossy      Reason = "lossy"      // strict, and something would be lost
	ReasonUnready    Reason = "unready"    // its key cannot be opened, the engine is not there
	ReasonOpen       Reason = "circuit"    // its circuit is open
	ReasonBenched    Reason = "benched"    // its key is over the provider's limit
	ReasonEjected    Reason = "ejected"    // fails far more than the others
	ReasonBudget     Reason = "budget"
)

// Deployment is one model at one provider with one of its keys.
type Deployment struct {
	ID        string // of the model at the provider, unique over all tenants: what its load and health are kept by
	Offer     string // the caller's tenant's own name for it, where ID is of what tenants share; empty: ID
	Name      string // in words: "Acme vLLM · qwen"
	Provider  string // for reports and prices
	Model     string // the name that the provider knows
	Key       string // id of the provider's key; its limits and circuit are its own
	Region    string // "eu", "us", or empty: not said
	Local     bool   // on this machine: it may have to be started first
	Engine    bool   // an engine of the team's own (vLLM, llama.cpp, Ollama): may take longer to begin
	Client    llm.Client
	Forwarder llm.Forwarder // nil: everything is translated
	Priority  int           // lower is asked first: the order of fallbacks
	Weight    int           // share among those of one priority; below 1 counts as 1
	Skills    Skills
	Context   int // tokens in and out; 0: unknown, then not checked
	MaxOutput int // tokens; 0: unknown
	// ImageTokens is the most that one picture can cost; 0: not known. Bounds count
	// PictureTokens for each, so what is more is added before money is held.
	ImageTokens int
	// Nano-USD for a million tokens, for the price cap and for choosing; see catalog.Price.
	InputNano, OutputNano int64
	Deadlines             Deadlines
	// Metrics says how loaded a vLLM is; nil where nobody knows.
	Metrics Load
}

// Skills are what a model is known to do. Unknown models are taken to have all
// but Prefill: the provider says no, and that is a clear error.
type Skills struct {
	Known  bool // the catalogue lists the model; otherwise the others do not count
	Images bool
	Tools  bool
	// ForcedTools says that it calls tools only where a schema forces it to, which
	// the client does: requests with tools are translated.
	ForcedTools bool
	Schema      bool
	Reasoning   bool // thinks before it answers, so its first token may take minutes
	Prefill     bool // goes on from a partial assistant message
}

// Deadlines of one attempt. Zero fields take the defaults: Connect 5 s, where
// Local 5 min, for an engine may have to start; FirstToken 10 s, of a reasoning
// model 300 s, Local or Engine 120 s and 1 s for each 20 tokens of the prompt,
// all counted from the connection, which an engine gives once it is ready;
// BetweenTokens 15 s. The broker hands them to the deployment's client with each request.
type Deadlines = llm.Deadlines

// Load is what a provider says of itself.
type Load interface {
	// Load is how many requests wait there and how full its cache is (0 to 1);
	// false when that is not known now. It does not wait.
	Load() (waiting int, cache float64, ok bool)
}
