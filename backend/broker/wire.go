package broker

import (
	"context"
	"io"
	"net/http"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// Surface is what the broker must know of one kind of request that callers
// send in bytes: how to pass the bytes on to a provider that speaks the same
// wire, and how to translate them for one that does not. Implementations keep
// no state and are safe for concurrent use.
type Surface interface {
	Wire() llm.Wire
	// Read understands a request as far as passing it on needs. What every
	// provider would refuse is a fault.BadRequest with Field set.
	Read(body []byte) (Request, error)
	// Watch follows a provider's stream in this wire; nil: it has no events but
	// bytes, such as sound.
	Watch(r Request, now func() time.Time) Watcher
	// Inspect reads an answer in this wire that was not streamed; the fault says
	// why it is no answer, or is nil.
	Inspect(body []byte) (Seen, *fault.Fault)
	// Failure reads a provider's error answer in this wire.
	Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault
	// Write makes an encoder of answers in this wire, for a translated answer
	// (seen is zero) or to go on with a stream of which seen was passed on; nil:
	// nothing can be said in it.
	Write(r Request, seen Seen) Encoder
}

// Request is a request that was understood.
type Request interface {
	Model() string
	Stream() bool
	// Bound is what it can cost at most, as far as it says.
	Bound() Bound
	// Rewrite returns the bytes for a provider: with the model's name there
	// and, when maxOutput is not 0 and the request sets no limit of its own,
	// that limit. For a stream usage is asked for. All other bytes stay.
	Rewrite(model string, maxOutput int) []byte
	// Chat translates it; what cannot be said is in ChatRequest.Unknown. An
	// error is a fault.BadRequest.
	Chat() (llm.ChatRequest, error)
	// Plain says that the answer is one text and nothing else: no tools, no
	// schema, one choice, no logprobs, no sealed reasoning. Only such a stream
	// can be rescued.
	Plain() bool
	// Affinity is what ties it to a deployment: a conversation's or a prompt
	// cache's key, else for one that goes on how it began (Tie); empty: nothing
	// does.
	Affinity() string
}

// Wired is a Request whose answer has another form than others of its surface:
// only who speaks that wire gets its bytes.
type Wired interface {
	Request
	Wire() llm.Wire
}

// Retold is a Request for events that some providers answer in one piece all
// the same.
type Retold interface {
	Request
	// Retell is such an answer as events.
	Retell(body []byte, contentType string) ([]byte, error)
}

// Doer is a Request that is no chat (embeddings, sound, rerank): where its bytes
// cannot be passed on it asks a client itself and writes the answer in its
// surface's form. Its Chat and Plain are not called.
type Doer interface {
	Request
	// Do returns a fault.BadRequest when client cannot do that.
	Do(ctx context.Context, client llm.Client, model string) (Answer, error)
}

// Answer is what a Doer got. The caller closes Body. Usage is known from the
// beginning.
type Answer struct {
	ContentType string
	Body        io.ReadCloser
	Usage       llm.Usage
}

// Bound is the most that a request can use, before anybody answers it.
type Bound struct {
	Input     int // tokens, from bytes and a maximum for each image: an upper bound
	Likely    int // tokens that the input probably has, for choosing; 0: a quarter of Input
	MaxOutput int // tokens that the request allows for one choice; 0: it sets no limit
	Choices   int // at least 1
	Images    int
	Addresses int   // of Images those that are given by their address
	Tools     bool  // it offers tools, or has used them
	Schema    bool  // it wants JSON
	Millis    int64 // of sound
	Chars     int   // of text to speak
	// Open says that the provider may read more than the request's bytes: files
	// by their id, documents, stored prompts, and what tools that it runs itself
	// bring, Uses times at most. Searches of them are searches of the web.
	Open           bool
	Uses, Searches int
	// Unpriced says that it asks for what no price list has: a dearer class of
	// service, or tools that are billed by something else than tokens.
	Unpriced bool
}

// PictureTokens is what a Bound's Input counts for each picture.
const PictureTokens = 6_000

// At is b as a deployment counts pictures.
func (b Bound) At(d Deployment) Bound {
	b.Input += b.Images * max(0, d.ImageTokens-PictureTokens)
	return b
}

// Watcher follows the bytes of a stream. Not for concurrent use.
type Watcher interface {
	// Feed takes the next bytes and appends to dst what of them the caller may
	// have: all, but for what it did not ask for (the usage chunk), and nothing
	// from the event on that is garbage or reports a failure: Seen tells that, and
	// the broker goes on elsewhere or says so itself. It appends whole events
	// only, so that after any Feed a stream can be gone on with; an event too
	// large to be held comes in pieces, and until it ends Open is true.
	Feed(dst, p []byte) []byte
	// Flush appends what was held back when the stream ended. Of a stream that
	// is not whole the broker drops it: half an event helps nobody.
	Flush(dst []byte) []byte
	// Open says that a part of an event was passed on: what follows must begin a
	// new one, and the stream cannot be rescued.
	Open() bool
	// End returns nil for a whole answer, otherwise what was wrong. Call it once, after Flush.
	End() *fault.Fault
	Seen() Seen
}

// Seen is what was learned of an answer so far.
type Seen struct {
	ID, Model    string // as the provider named them
	Text         string // of the first choice, while the request is Plain; at most MaxRescue bytes
	TooLong      bool   // Text is not all of it
	Other        bool   // something else than text came: a tool call, sealed reasoning, a second choice
	Usage        llm.Usage
	HasUsage     bool         // the provider counted; otherwise Usage is zero
	Finish       llm.Finish   // of the last choice that ended
	FirstContent time.Time    // zero until text, reasoning or a tool call came
	Bytes        int          // of text, reasoning and tool arguments, to estimate with
	Done         bool         // the end marker came
	Whole        bool         // end marker and a finish reason for every choice
	Failure      *fault.Fault // what the stream itself reported, or garbage in it
	Place        any          // where the stream stands, for Surface.Write of the same surface alone; may be nil
}

// MaxRescue bounds the text that is kept to go on with if a stream is cut.
const MaxRescue = 256 << 10

// Encoder writes an answer in its surface's form. Not for concurrent use. One
// that goes on with a stream (Surface.Write with something seen) writes no
// opening events again, keeps the id and model that the caller saw, and counts
// its blocks on from there.
type Encoder interface {
	// Delta appends the events of a piece of a streamed answer.
	Delta(dst []byte, d llm.Delta) []byte
	// End appends the events that end a streamed answer. c.Text may be what came
	// last only; c.Usage and c.Finish are of all that was delivered.
	End(dst []byte, c llm.Completion) []byte
	// Fail appends the event on which the surface's official clients raise; the
	// broker calls it when a stream ends after its first content and cannot be
	// rescued.
	Fail(dst []byte, f *fault.Fault) []byte
	// Whole is an answer that is not streamed.
	Whole(c llm.Completion) ([]byte, error)
}
