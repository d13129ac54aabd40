package postgres

import "testing"

// internal: the parser reads what only PostgreSQL writes
func FuzzParsePostmaster(f *testing.F) {
	f.Add("123\n/d\n1700000000\n5432\n/d/run\n\n 1 2\nready   \n")
	f.Add("123\n")
	f.Add("-1\n\n\n\n\n\n\nready\n")
	f.Fuzz(func(t *testing.T, text string) {
		pid, state := parsePostmaster(text)
		if pid < 0 || pid == 0 && state != "" {
			t.Errorf("pid %d, state %q", pid, state)
		}
	})
}
