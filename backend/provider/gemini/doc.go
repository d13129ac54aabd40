// Package gemini speaks Google's generateContent wire.
//
// A stream has no end marker: it is whole when the answer has a finish reason,
// or the prompt was blocked, and the connection then ends properly. Usage comes
// with every piece, as totals; thoughts are counted beside the answer there and
// are part of llm.Usage.Output here.
package gemini
