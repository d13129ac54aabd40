// Package openaitest is the scripted server for tests that speaks as an
// OpenAI-compatible one does.
package openaitest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"nexusai/backend/provider/scripted"
)

// Act, Request and Upstream are those of any scripted server.
type (
	Act      = scripted.Act
	Request  = scripted.Request
	Upstream = scripted.Upstream
)

// Serve starts a server whose nth request plays the nth script; the last
// script repeats.
func Serve(t testing.TB, scripts ...[]Act) *Upstream {
	t.Helper()
	return scripted.Serve(t, scripts...)
}

// Raw writes bytes as they are and flushes.
func Raw(text string) Act { return scripted.Raw(text) }

// Head begins a stream: 200 and its content type, flushed.
func Head() Act { return scripted.Head() }

// Wait pauses for d or until the caller is gone.
func Wait(d time.Duration) Act { return scripted.Wait(d) }

// Cut breaks the connection without ending the answer.
func Cut() Act { return scripted.Cut() }

// Reply answers at once; header holds pairs of name and value.
func Reply(status int, body string, header ...string) []Act {
	return scripted.Reply(status, body, header...)
}

// Say streams one chunk of content.
func Say(text string) Act { return Raw(Content(text)) }

// Content is the event that Say writes.
func Content(text string) string {
	quoted, _ := json.Marshal(text)
	return fmt.Sprintf("data: {\"id\":\"c1\",\"model\":\"up\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%s},\"finish_reason\":null}]}\n\n", quoted)
}

// Finish streams the finish reason.
func Finish(reason string) Act {
	return Raw(fmt.Sprintf("data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":%q}]}\n\n", reason))
}

// Usage streams the usage chunk.
func Usage(input, output int) Act {
	return Raw(fmt.Sprintf("data: {\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}}\n\n", input, output, input+output))
}

// Done streams the end marker.
func Done() Act { return Raw("data: [DONE]\n\n") }

// Ping streams a keep-alive comment.
func Ping() Act { return Raw(": keep-alive\n\n") }

// Answer streams words, a finish reason, usage and the end marker.
func Answer(words ...string) []Act {
	script := []Act{Head()}
	for _, word := range words {
		script = append(script, Say(word))
	}
	return append(script, Finish("stop"), Usage(3, len(words)), Done())
}
