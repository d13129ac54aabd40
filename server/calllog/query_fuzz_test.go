package calllog

import "testing"

func FuzzCursor(f *testing.F) {
	f.Add("x")
	f.Add(cursor{id: "0199aaaa-0000-7000-8000-000000000001"}.String())
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCursor(text)
		if err != nil {
			return
		}
		again, err := parseCursor(c.String())
		if err != nil || !again.at.Equal(c.at) || again.id != c.id {
			t.Errorf("%q does not survive a round trip: %+v %+v %v", text, c, again, err)
		}
	})
}
