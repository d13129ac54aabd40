package splice

// Each calls on for the items of a list in order until it returns false. It
// says whether raw, which must be valid JSON, is a list and was gone through to
// its end.
func Each(raw []byte, on func(i int, item []byte) bool) bool {
	at := skipSpace(raw, 0)
	if at >= len(raw) || raw[at] != '[' {
		return false
	}
	at = skipSpace(raw, at+1)
	for i := 0; raw[at] != ']'; i++ {
		end := skipValue(raw, at)
		if !on(i, raw[at:end]) {
			return false
		}
		if at = skipSpace(raw, end); raw[at] == ',' {
			at = skipSpace(raw, at+1)
		}
	}
	return true
}
