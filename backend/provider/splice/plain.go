package splice

// plain decodes without reflection what nearly all values that are read look
// like: a text in ASCII without escapes, true or false, a small whole number.
// It says whether it did; what it takes, encoding/json reads alike.
func plain(raw []byte, into any) bool {
	switch into := into.(type) {
	case *string:
		return text(raw, into)
	case *bool:
		return truth(raw, into)
	case *int:
		return number(raw, into)
	}
	return false
}

func text(raw []byte, into *string) bool {
	last := len(raw) - 1
	if last < 1 || raw[0] != '"' || raw[last] != '"' {
		return false
	}
	for _, b := range raw[1:last] {
		if b < ' ' || b > '~' || b == '\\' || b == '"' {
			return false
		}
	}
	*into = string(raw[1:last])
	return true
}

func truth(raw []byte, into *bool) bool {
	switch string(raw) {
	case "true":
		*into = true
	case "false":
		*into = false
	default:
		return false
	}
	return true
}

// number takes what an int holds on any machine.
func number(raw []byte, into *int) bool {
	if len(raw) == 0 || len(raw) > 9 || raw[0] == '0' && len(raw) > 1 {
		return false
	}
	n := 0
	for _, b := range raw {
		if b < '0' || b > '9' {
			return false
		}
		n = 10*n + int(b-'0')
	}
	*into = n
	return true
}
