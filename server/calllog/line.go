package calllog

import (
	"encoding/json"
	"strings"

	"nexusai/backend/llm"
	"nexusai/server/jsonline"
	"nexusai/server/ledger"
)

// line is one line of a segment; exactly one of its parts is set. A call ends
// with all that is known of it, so what came before then no longer matters.
type line struct {
	Begun *Call  `json:"begun,omitempty"`
	Tried *tried `json:"tried,omitempty"` // an attempt that is about to be sent, or has failed
	Got   *got   `json:"got,omitempty"`
	Ended *Call  `json:"ended,omitempty"`
}

type tried struct {
	CallID string `json:"call"`
	Attempt
}

// got says how many bytes of text came for an attempt so far.
type got struct {
	CallID string `json:"call"`
	N      int    `json:"n"`
	Bytes  int    `json:"bytes"`
}

// call is whose line it is.
func (l line) call() string {
	switch {
	case l.Begun != nil:
		return l.Begun.ID
	case l.Tried != nil:
		return l.Tried.CallID
	case l.Got != nil:
		return l.Got.CallID
	case l.Ended != nil:
		return l.Ended.ID
	}
	return ""
}

// encode appends lines to dst.
func encode(dst []byte, lines []line) []byte {
	for _, l := range lines {
		dst = l.encode(dst)
	}
	return dst
}

// encode appends the line to dst, as parseLine reads it.
func (l line) encode(dst []byte) []byte {
	o := jsonline.Open(dst)
	switch {
	case l.Begun != nil:
		o = l.Begun.encode(o.Key("begun"))
	case l.Tried != nil:
		o = l.Tried.members(jsonline.Open(o.Key("tried")).Text("call", l.Tried.CallID)).Close()
	case l.Got != nil:
		o = jsonline.Open(o.Key("got")).Text("call", l.Got.CallID).Int("n", int64(l.Got.N)).Int("bytes", int64(l.Got.Bytes)).Close()
	case l.Ended != nil:
		o = l.Ended.encode(o.Key("ended"))
	}
	return append(o.Next().Close(), '\n')
}

// encode appends the call to dst as its tags say.
func (c *Call) encode(dst []byte) []byte {
	o := jsonline.Open(dst).
		Text("id", c.ID).Text("tenant_id", c.TenantID).Time("at", c.At).Text("surface", c.Surface).Text("operation", c.Operation).Text("model", c.Model).
		TextIf("user_id", c.UserID).TextIf("key_id", c.KeyID).TextIf("conversation_id", c.ConversationID).BoolIf("streamed", c.Streamed).
		TextIf("request_id", c.RequestID).TextIf("life", c.Life).
		TextIf("state", string(c.State)).TextIf("error_code", c.ErrorCode).TextIf("deployment", c.Deployment).IntIf("attempts", int64(c.Attempts))
	if len(c.Tries) > 0 {
		o = append(o.Key("tries"), '[')
		for i := range c.Tries {
			o = append(c.Tries[i].members(jsonline.Open(o)).Close(), ',')
		}
		o = jsonline.Object(jsonline.CloseList(o)).Next()
	}
	return withUsage(o, "usage", c.Usage).
		IntIf("latency", int64(c.Latency)).IntIf("first", int64(c.First)).BoolIf("unpriced", c.Unpriced).IntIf("cost", c.Cost).
		TextIf("contents", c.Contents).TimeIf("contents_until", c.ContentsUntil).
		Close()
}

// members appends the attempt's members to o as its tags say.
func (a *Attempt) members(o jsonline.Object) jsonline.Object {
	o = o.Int("n", int64(a.N)).Text("deployment", a.Deployment).
		TextIf("name", a.Name).TextIf("provider", a.Provider).TextIf("key", a.Key).TextIf("model", a.Model).
		Time("started", a.Started).TimeIf("admitted", a.Admitted)
	o = withPrice(o, a.Price).
		IntIf("reserved", a.Reserved).IntIf("likely", int64(a.Likely))
	o = withUsage(o, "sound", a.Sound).
		IntIf("max_input", int64(a.MaxInput)).IntIf("max_output", int64(a.MaxOutput)).
		IntIf("limit", int64(a.Limit)).TextsIf("subjects", a.Subjects)
	if len(a.Claims) > 0 {
		o = append(o.Key("claims"), '[')
		for _, c := range a.Claims {
			o = append(jsonline.Open(o).Text("b", c.Budget).Text("s", c.Subject).Time("f", c.From).Close(), ',')
		}
		o = jsonline.Object(jsonline.CloseList(o)).Next()
	}
	o = o.TextIf("lane", a.Lane).TextIf("reason", a.Reason).TimeIf("first_token", a.FirstToken).TimeIf("ended", a.Ended).
		TextIf("code", string(a.Code)).TextIf("finish", string(a.Finish)).TextIf("request_id", a.RequestID)
	return withUsage(o, "usage", a.Usage).TextsIf("losses", a.Losses).BoolIf("rescued", a.Rescued).BoolIf("hedged", a.Hedged).IntIf("cost", a.Cost)
}

func withUsage(o jsonline.Object, key string, u llm.Usage) jsonline.Object {
	if u == (llm.Usage{}) {
		return o
	}
	return jsonline.Object(jsonline.Open(o.Key(key)).
		IntIf("Input", int64(u.Input)).IntIf("Cached", int64(u.Cached)).IntIf("CacheWrite", int64(u.CacheWrite)).IntIf("CacheHour", int64(u.CacheHour)).
		IntIf("AudioIn", int64(u.AudioIn)).IntIf("Output", int64(u.Output)).IntIf("Reasoning", int64(u.Reasoning)).IntIf("AudioOut", int64(u.AudioOut)).
		IntIf("Images", int64(u.Images)).IntIf("Characters", int64(u.Characters)).IntIf("Millis", u.Millis).IntIf("Searches", int64(u.Searches)).
		BoolIf("Estimated", u.Estimated).Close()).Next()
}

func withPrice(o jsonline.Object, p ledger.Price) jsonline.Object {
	if p == (ledger.Price{}) {
		return o
	}
	return jsonline.Object(jsonline.Open(o.Key("price")).
		IntIf("InputNano", p.InputNano).IntIf("CachedNano", p.CachedNano).IntIf("OutputNano", p.OutputNano).
		IntIf("CacheWriteNano", p.CacheWriteNano).IntIf("CacheHourNano", p.CacheHourNano).IntIf("AudioInNano", p.AudioInNano).
		IntIf("ReasoningNano", p.ReasoningNano).IntIf("AudioOutNano", p.AudioOutNano).
		IntIf("CharNano", p.CharNano).IntIf("MinuteNano", p.MinuteNano).IntIf("ImageNano", p.ImageNano).IntIf("SearchNano", p.SearchNano).
		IntIf("Above", int64(p.Above)).TimeIf("From", p.From).TimeIf("Until", p.Until).
		BoolIf("Known", p.Known).TextIf("Version", p.Version).BoolIf("Paid", p.Paid).Close()).Next()
}

func parseLine(data []byte) (line, bool) {
	var l line
	if strings.TrimSpace(string(data)) == "" || json.Unmarshal(data, &l) != nil {
		return line{}, false
	}
	parts := 0
	for _, c := range []*Call{l.Begun, l.Ended} {
		if c == nil {
			continue
		}
		parts++
		if c.ID == "" || c.TenantID == "" || c.At.IsZero() {
			return line{}, false
		}
	}
	if l.Tried != nil {
		parts++
	}
	if l.Got != nil {
		parts++
	}
	return l, parts == 1 && l.call() != ""
}
