// Package anthropic speaks the Anthropic Messages wire to any endpoint that
// offers it.
//
// An answer is whole only with a stop reason and "message_stop". Usage comes in
// message_start and again, as running totals, in message_delta: what was said
// last counts, nothing is added up. The wire's input_tokens leave out what was
// read from or written to the prompt cache; llm.Usage.Input has all of it.
package anthropic
