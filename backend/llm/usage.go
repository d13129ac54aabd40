package llm

// Estimate counts tokens when the provider did not, at four bytes a token
// rounded up. The result is marked Estimated.
func Estimate(inputBytes, outputBytes int) Usage {
	return Usage{Input: (inputBytes + 3) / 4, Output: (outputBytes + 3) / 4, Estimated: true}
}

// Size is how many bytes of an answer a delta holds, to estimate with.
func (d Delta) Size() int {
	n := len(d.Text) + len(d.Reasoning)
	for _, call := range d.ToolCalls {
		n += len(call.Name) + len(call.Arguments)
	}
	return n
}

// Spoken estimates what reading so many characters aloud costs, because sound
// comes without a count: its characters, for models that are billed so, and for
// others a token for four of them and 1.5 tokens of sound for each (OpenAI's
// 1,250 a minute at 14 characters a second).
func Spoken(characters int) Usage {
	sound := (3*characters + 1) / 2
	return Usage{Characters: characters, Input: (characters + 3) / 4, Output: sound, AudioOut: sound, Estimated: true}
}

// Heard estimates what writing sound down costs beside the words: its length, for
// models that are billed so, and for others a token for a tenth of a second
// (OpenAI's guide to realtime costs, 2026-11).
func Heard(millis int64) Usage {
	n := int((max(millis, 0) + 99) / 100)
	return Usage{Millis: millis, Input: n, AudioIn: n, Estimated: true}
}
