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
